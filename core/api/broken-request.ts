// Answers what is not HTTP at all, or comes too slowly, with a problem, and closes the connection.
import type { Socket } from 'node:net';
import { codes } from '../errors.ts';

const known: Record<string, { status: number; reason: string; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, reason: 'Request Timeout', detail: 'The request came too slowly.' },
  HPE_HEADER_OVERFLOW: { status: 431, reason: 'Request Header Fields Too Large', detail: 'The headers are too large.' },
};
const broken = { status: 400, reason: 'Bad Request', detail: 'This is not HTTP/1.1.' };

export function refuseBrokenRequests(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, reason, detail } = known[error.code ?? ''] ?? broken;
  const code = 'input_invalid';
  const type = `urn:ossia:problem:${code}`;
  const body = JSON.stringify({
    type,
    title: codes[code].meaning,
    status,
    detail,
    code,
    instance: 'urn:ossia:request:none',
  });
  if (socket.writable && socket.bytesWritten === 0)
    socket.write(
      `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  socket.destroySoon();
}

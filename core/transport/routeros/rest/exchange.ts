// One REST request and its answer, chunk by chunk; every wait is bounded, every failure an OssiaError.
import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { OssiaError } from '../../../errors.ts';
import { refusalOf } from './refusal.ts';

export interface RestRequest {
  /** Asked again when the router closed an idle connection at the moment that we sent over it. */
  readonly isRead: boolean;
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
  readonly authorization: string;
}

/** Bounds one wait: the promise's own end, or an OssiaError at the deadline. */
export type Wait = <T>(promise: Promise<T>) => Promise<T>;

interface Way {
  readonly host: string;
  readonly port: number;
  readonly agent: Agent;
  readonly wait: Wait;
  readonly onSent: (() => void) | undefined;
}

/** More than any router has to say about a refusal. */
const maxRefusalBytes = 64 * 1024;

export async function* exchange(asked: RestRequest, way: Way): AsyncGenerator<Buffer, void> {
  let request = begin(asked, way);
  let response: IncomingMessage | undefined;
  try {
    try {
      response = await way.wait(responseTo(request, asked.body, way.onSent));
    } catch (error) {
      if (!asked.isRead || !isStale(request, error)) throw error;
      request = begin(asked, way);
      response = await way.wait(responseTo(request, asked.body, undefined));
    }
    const status = response.statusCode ?? 0;
    const parts = response[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    if (status < 200 || status > 299) throw refusalOf(status, await beginningOf(parts, way.wait));
    for (;;) {
      const part = await way.wait(parts.next());
      if (part.done) return;
      yield part.value;
    }
  } catch (error) {
    throw failureOf(error, way);
  } finally {
    // Whatever is not read to its end takes its connection with it.
    if (response?.complete !== true) request.destroy();
  }
}

function isStale(request: ClientRequest, error: unknown): boolean {
  return request.reusedSocket && !(error instanceof OssiaError);
}

function begin({ method, path, body, authorization }: RestRequest, { host, port, agent }: Way): ClientRequest {
  const headers = {
    authorization,
    accept: 'application/json',
    // With a charset behind it, versions before 7.2 answer 415.
    'content-type': 'application/json',
    'content-length': body.length,
  };
  return httpRequest({ host, port, agent, method, path, headers });
}

function responseTo(request: ClientRequest, body: Buffer, onSent: Way['onSent']): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    // Also for what goes wrong when nobody waits any more.
    request.on('error', reject);
    // Asked by nobody; and without a listener the request would end without a word.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new OssiaError('nas_protocol', 'The router changes the protocol, which nobody asked it for.'));
    });
    request.once('socket', () => onSent?.());
    request.end(body);
  });
}

async function beginningOf(parts: AsyncIterator<Buffer, undefined>, wait: Wait): Promise<Buffer> {
  const kept: Buffer[] = [];
  for (let size = 0; size <= maxRefusalBytes; ) {
    const part = await wait(parts.next());
    if (part.done) break;
    kept.push(part.value);
    size += part.value.length;
  }
  return Buffer.concat(kept);
}

function failureOf(error: unknown, { host, port }: Way): OssiaError {
  if (error instanceof OssiaError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  // Node's own names for what is no HTTP begin so; anything else is the connection's.
  return /^(HPE_|ERR_HTTP|ERR_STREAM_PREMATURE)/.test(code)
    ? new OssiaError('nas_protocol', `${host}:${port} did not answer in HTTP (${code}).`, { cause: error })
    : new OssiaError('nas_unreachable', `The connection broke (${code || message}).`, { cause: error });
}

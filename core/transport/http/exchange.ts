// Sends one request and reads its whole answer, bounded in time and size; no redirect is followed.
import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { OssiaError } from '../../errors.ts';
import type { HttpRequest } from './request-text.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Lower case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface Exchange {
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly maxAnswer: number;
}

export function exchange(asked: HttpRequest, { agent, signal, maxAnswer }: Exchange): Promise<HttpAnswer> {
  const { url, method, headers, body } = asked;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const request = send(url, { agent, method, headers, signal }, (response) => {
      readText(response, maxAnswer).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: headersOf(response), text }),
        fail,
      );
    });
    function fail(cause: Error): void {
      request.destroy();
      reject(cause instanceof OssiaError ? cause : failure(url.host, cause, signal));
    }
    request.on('error', fail);
    // Asked by nobody; and without a listener the request would end without a word.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new OssiaError('nas_protocol', `${url.host} changes the protocol, which nobody asked it for.`));
    });
    request.end(body === '' ? undefined : body);
  });
}

async function readText(response: IncomingMessage, maxAnswer: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxAnswer)
      throw new OssiaError('nas_protocol', `The answer is larger than ${maxAnswer} bytes (max_answer).`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const texts = Object.entries(headers).filter(([name]) => name !== 'set-cookie');
  return Object.fromEntries(
    texts.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** By Node's code of the error: what is no connection at all, and who was at the other end. */
const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH|INVALID_CA)/;
const connectCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
]);

function failure(host: string, cause: NodeJS.ErrnoException, signal: AbortSignal): OssiaError {
  const code = cause.code ?? '';
  if (signal.aborted) {
    const late = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    const message = late ? `${host} did not answer in time.` : 'The request was called off.';
    return new OssiaError(late ? 'nas_timeout' : 'aborted', message, { cause });
  }
  if (certificateCodes.test(code))
    return new OssiaError('nas_identity', `${host} shows a certificate that is not trusted: ${cause.message}`, {
      cause,
    });
  if (connectCodes.has(code))
    return new OssiaError('nas_unreachable', `No connection to ${host} (${code}).`, { cause });
  return new OssiaError('nas_protocol', `${host} did not answer in HTTP: ${cause.message}`, { cause });
}

// Talks to a running daemon, by its unix socket or by HTTP, with what Node has on board: a command must start at once.
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { resolve as absolute } from 'node:path';
import type { Readable } from 'node:stream';
import { exitCodes } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';

export interface DaemonRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** In the place of `body`: lines of JSON, sent as the daemon takes them, for as long as that lasts. */
  readonly lines?: Readable;
}

export interface DaemonProblem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Why the daemon did not do it, ready to be shown. */
export class DaemonError extends Error {
  readonly exitCode: number;
  readonly lines: readonly string[];
  /** What `--json` prints. */
  readonly document: unknown;
  constructor({ exitCode, lines, document }: { exitCode: number; lines: readonly string[]; document: unknown }) {
    super(lines.join('\n'));
    this.exitCode = exitCode;
    this.lines = lines;
    this.document = document;
  }
}

const answerMs = 35_000;

/** The body of the answer. Rejects with DaemonError, also for every answer that is a problem. */
export async function ask<Answer>(address: DaemonAddress, request: DaemonRequest): Promise<Answer> {
  const { status, text } = await exchange(address, request);
  const body = parsed(text);
  if (status >= 200 && status < 300 && body !== undefined) return body as Answer;
  throw refusal({ status, body, address });
}

function refusal({ status, body, address }: { status: number; body: unknown; address: DaemonAddress }): DaemonError {
  if (isProblem(body)) return problemError(body, address);
  const told = `${where(address)} answered ${status} and not as Ossia does; is something else listening there?`;
  return new DaemonError({ exitCode: exitCodes.refused, lines: [told], document: { code: 'not_ossia', detail: told } });
}

/** The answer as it comes, for as long as it goes on. Rejects with DaemonError, also when nothing was heard for too long. */
export async function* listen(address: DaemonAddress, request: DaemonRequest): AsyncIterable<string> {
  const waiting = new AbortController();
  const late = setTimeout(() => waiting.abort(), answerMs);
  try {
    const incoming = await send(address, request, waiting.signal);
    clearTimeout(late);
    const { statusCode: status = 0 } = incoming;
    if (status !== 200) throw refusal({ status, body: parsed(await textOf(incoming)), address });
    incoming.setTimeout(answerMs, () => incoming.destroy(new DOMException('silent', 'TimeoutError')));
    for await (const chunk of incoming.setEncoding('utf8')) yield String(chunk);
  } catch (error) {
    throw error instanceof DaemonError ? error : unreachable(address, error as NodeJS.ErrnoException);
  } finally {
    clearTimeout(late);
  }
}

async function exchange(address: DaemonAddress, request: DaemonRequest) {
  try {
    const signal = request.lines === undefined ? AbortSignal.timeout(answerMs) : new AbortController().signal;
    const incoming = await send(address, request, signal);
    return { status: incoming.statusCode ?? 0, text: await textOf(incoming) };
  } catch (error) {
    throw unreachable(address, error as NodeJS.ErrnoException);
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  return text;
}

async function send(address: DaemonAddress, request: DaemonRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { method = 'GET', path, query = {}, body, lines } = request;
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = set.length === 0 ? '' : `?${new URLSearchParams(set)}`;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    ...(lines === undefined ? {} : { 'content-type': 'application/x-ndjson' }),
    ...(address.token === null ? {} : { authorization: `Bearer ${address.token}` }),
  };
  const options: RequestOptions = { method, headers, agent: false, signal };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing =
    address.type === 'socket'
      ? httpRequest({ ...options, socketPath: address.path, path: path + search }, resolve)
      : await overUrl({ url: new URL(path + search, address.url), options, resolve });
  outgoing.on('error', reject);
  if (lines === undefined) outgoing.end(payload);
  else {
    // An answer before the end says why the rest is not wanted.
    outgoing.once('response', () => lines.unpipe(outgoing) && outgoing.end());
    lines.once('error', reject).pipe(outgoing);
  }
  return promise;
}

async function overUrl(to: { url: URL; options: RequestOptions; resolve: (incoming: IncomingMessage) => void }) {
  const { url, options, resolve } = to;
  if (url.protocol !== 'https:') return httpRequest(url, options, resolve);
  const { request } = await import('node:https');
  return request(url, options, resolve);
}

function unreachable(address: DaemonAddress, error: NodeJS.ErrnoException): DaemonError {
  const reasons: Record<string, string> = {
    ENOENT:
      'there is no such socket; is the daemon running? Start it with ossia start, or name it with --socket or --url',
    ECONNREFUSED: 'nobody is listening; is the daemon running?',
    EACCES: 'this user may not use it; it is for the owner of the daemon and its group',
    ABORT_ERR: `no answer within ${answerMs / 1_000} s`,
  };
  const code = error.code ?? error.name;
  const reason = reasons[error.name === 'TimeoutError' ? 'ABORT_ERR' : code] ?? `the connection broke (${code})`;
  const told = `cannot reach the daemon at ${where(address)}: ${reason}`;
  return new DaemonError({
    exitCode: exitCodes.tryLater,
    lines: [told],
    document: { code: 'unreachable', detail: told },
  });
}

function problemError(problem: DaemonProblem, { token }: DaemonAddress): DaemonError {
  const later = problem.status === 429 || problem.status === 503 || problem.status === 504;
  const errors = (problem.errors ?? []).map(({ pointer, detail }) => `  ${asWritten(pointer)}: ${detail}`);
  return new DaemonError({
    exitCode: later ? exitCodes.tryLater : exitCodes.refused,
    lines: [problem.code === 'unauthorized' ? tokenAdvice(token) : problem.detail, ...errors],
    document: problem,
  });
}

function tokenAdvice(token: string | null): string {
  return token === null
    ? 'the daemon wants a token here; name the file that holds it with --token-file'
    : 'the daemon does not know this token; look at --token-file, and at tokens in its ossia.yaml';
}

/** `?state/0`, a query parameter, as it was written: `--state`. */
function asWritten(pointer: string): string {
  if (pointer === '') return 'the whole';
  const name = /^\?([^/]+)/.exec(pointer)?.[1];
  return name === undefined ? pointer : name === 'id' || name === 'name' ? name.toUpperCase() : `--${name}`;
}

function where(address: DaemonAddress): string {
  return address.type === 'socket' ? absolute(address.path) : address.url;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is DaemonProblem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'status' in body;
}

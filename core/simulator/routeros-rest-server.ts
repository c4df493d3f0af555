// The REST side of a simulated RouterOS 7 box: requests become the API's sentences, and their answers JSON; what a sentence does is the box's own.
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import type { RouterOsServer } from './routeros-server.ts';
import { selfSigned } from './self-signed.ts';

export interface RouterOsRestServer extends RouterOsServer {
  /** SHA-256 of the certificate that it shows. */
  readonly fingerprint: string;
}

type Sentences = readonly (readonly string[])[];

interface RouterOsRestServerOptions {
  readonly user: string;
  readonly password: string;
  /** As for the API: the sentences of the answer, the last is `!done`. */
  run(words: readonly string[]): Sentences;
  onExchange(words: readonly string[], answer: Sentences): void;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

export async function startRouterOsRestServer(options: RouterOsRestServerOptions): Promise<RouterOsRestServer> {
  const { key, cert, fingerprint } = selfSigned('router');
  const wanted = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
  const server = createServer({ key, cert, keepAliveTimeout: 60_000 }, async (request, response) => {
    const { status, body } =
      request.headers.authorization === wanted ? await answer(request, options) : problem(401, 'Unauthorized');
    const json = body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, json === '' ? {} : { 'content-type': 'application/json' }).end(json);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    fingerprint,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(request: IncomingMessage, options: RouterOsRestServerOptions): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'https://router');
  const [path = '', id] = /^\/rest(\/.+?)(?:\/(\*[^/]*))?$/.exec(url.pathname)?.slice(1) ?? [];
  if (path === '') return { status: 404 };
  // An asterisk that is written as %2A is none to RouterOS.
  if (/%2a/i.test(url.pathname)) return problem(400, 'Bad Request', 'missing or invalid resource identifier');
  let properties: Readonly<Record<string, unknown>>;
  try {
    const body = await text(request);
    properties = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
  } catch {
    return problem(400, 'Bad Request', 'invalid JSON');
  }
  const { method } = request;
  const words = (also: readonly string[] = []) => [...also, ...wordsOf(properties)];
  const rowOf = (wantedId: string): Reply => {
    const [row] = rowsOf(options.run([`${path}/print`, `?.id=${wantedId}`]));
    return row === undefined ? problem(404, 'Not Found') : { status: 200, body: row };
  };
  function told(command: string, given: readonly string[]): Sentences {
    const sentences = options.run([command, ...given]);
    options.onExchange([command, ...given], sentences);
    return sentences;
  }

  if (method === 'GET') {
    if (id !== undefined) return rowOf(id);
    const given = [...url.searchParams].map(([name, value]) =>
      name === '.proplist' ? `=.proplist=${value}` : `?${name}=${value}`,
    );
    return replyOf(told(`${path}/print`, given));
  }
  if (method === 'PUT') {
    const sentences = told(`${path}/add`, words());
    const [{ ret = '' } = {}] = rowsOf(sentences);
    return ret === '' ? replyOf(sentences) : rowOf(ret);
  }
  if (method === 'PATCH' || method === 'DELETE') {
    if (id === undefined) return problem(400, 'Bad Request', 'missing or invalid resource identifier');
    const sentences = told(`${path}/${method === 'PATCH' ? 'set' : 'remove'}`, words([`=.id=${id}`]));
    if (trapOf(sentences) !== undefined) return replyOf(sentences);
    return method === 'PATCH' ? rowOf(id) : { status: 204 };
  }
  return method === 'POST' && id === undefined ? replyOf(told(path, words())) : problem(400, 'Bad Request');
}

/** `.proplist` is a text or a list; each member of `.query` is a query word without its mark. */
function wordsOf(properties: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(properties).flatMap(([name, value]) => {
    if (name === '.query') return (value as readonly unknown[]).map((query) => `?${query}`);
    return [`=${name}=${Array.isArray(value) ? value.join(',') : (value ?? '')}`];
  });
}

function rowsOf(sentences: Sentences): Record<string, string>[] {
  return sentences.flatMap(([, ...words]) => {
    const pairs = words.map((word) => [word.slice(1, word.indexOf('=', 1)), word.slice(word.indexOf('=', 1) + 1)]);
    return pairs.length > 0 ? [Object.fromEntries(pairs)] : [];
  });
}

function trapOf(sentences: Sentences): string | undefined {
  const trap = sentences.find(([reply]) => reply === '!trap');
  return trap === undefined ? undefined : (rowsOf([trap])[0]?.['message'] ?? '');
}

/** Records are a list, what `!done` carries is one object, and nothing is an empty list. */
function replyOf(sentences: Sentences): Reply {
  const trap = trapOf(sentences);
  if (trap !== undefined) {
    if (/not allowed|not enough permissions/.test(trap)) return problem(500, 'Internal Server Error', trap);
    return trap === 'no such item' ? problem(404, 'Not Found') : problem(400, 'Bad Request', trap);
  }
  const records = sentences.filter(([reply]) => reply === '!re');
  const [done] = rowsOf(sentences.filter(([reply]) => reply === '!done'));
  return { status: 200, body: records.length === 0 && done !== undefined ? done : rowsOf(records) };
}

function problem(error: number, message: string, detail?: string): Reply {
  return { status: error, body: { ...(detail !== undefined && { detail }), error, message } };
}

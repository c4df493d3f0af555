// The transport `http`: requests to one box's API under one address, credentials added here and never given to a plugin.
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { OssiaError } from '../../errors.ts';
import { createMask, type Mask, maskJson } from '../../model/mask.ts';
import type { HttpResponse } from '../../plugin-sdk/device.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { type HttpConfig, httpConfig } from './config.ts';
import { exchange, type HttpAnswer } from './exchange.ts';
import { type HttpRequest, type RequestArgs, requestArgs, requestOf, textOf } from './request-text.ts';

export const httpTransport: TransportDefinition<HttpConfig> = {
  name: 'http',
  config: httpConfig,
  secrets: ['token', 'password', 'headers', 'query'],
  methods: {
    /** Which requests only read, the plugin says: many APIs read by POST. */
    read: { access: 'read', args: requestArgs },
    send: { access: 'write', args: requestArgs },
  },
  subjects: (_, [method, path]) => [
    [method as string, `/${(path as string[]).map((part) => encodeURIComponent(part.toWellFormed())).join('/')}`],
  ],
  unknownInDryRun: 'Requests that change something were not sent: whether the API would take them is not known.',
  connect(config): Transport {
    const { ca, servername, max_connections: maxSockets } = config;
    const isTls = config.base_url.startsWith('https:');
    const agent = isTls
      ? new TlsAgent({ keepAlive: true, maxSockets, ...(ca && { ca }), ...(servername && { servername }) })
      : new PlainAgent({ keepAlive: true, maxSockets });
    const closing = new AbortController();
    // An API may show us our own request, credentials and all.
    const mask = createMask(credentialsOf(config));

    async function call(args: RequestArgs, context: CallContext): Promise<HttpResponse> {
      const asked = requestOf(config, args);
      const timeout = Math.max(1, Math.min(config.timeout, context.deadline - Date.now()));
      const signal = AbortSignal.any([context.signal, closing.signal, AbortSignal.timeout(timeout)]);
      context.record({ kind: 'sent', text: cut(textOf(config, args)) });
      const given = await exchange(asked, { agent, signal, maxAnswer: config.max_answer });
      const answer = masked(given, mask);
      context.record({ kind: 'received', text: cut(`${answer.status}\n${answer.text}`.trimEnd()) });
      const problem = problemOf(asked, answer);
      if (problem !== null) throw problem;
      return { status: answer.status, headers: answer.headers, body: bodyOf(given, mask) };
    }

    return {
      call: (_method, args, context) => call(args as RequestArgs, context),
      describe: (_method, args) => textOf(config, args as RequestArgs),
      async close() {
        closing.abort();
        agent.destroy();
      },
    };
  },
};

function credentialsOf({ token = '', user, password, headers, query }: HttpConfig): string[] {
  const basic = user === undefined ? '' : Buffer.from(`${user}:${password}`).toString('base64');
  return [token, password, basic, ...Object.values(headers), ...Object.values(query)];
}

function masked({ status, headers, text }: HttpAnswer, mask: Mask): HttpAnswer {
  const shown = Object.entries(headers).map(([name, value]) => [name, mask(value)]);
  return { status, headers: Object.fromEntries(shown), text: mask(text) };
}

/** JSON where the box says that it is; what says so and is none, is no answer. Masked after it is read: `pretty=true` is a credential too. */
function bodyOf({ headers, text }: HttpAnswer, mask: Mask): unknown {
  if (text === '') return null;
  if (!/[/+]json\b/i.test(headers['content-type'] ?? '')) return mask(text);
  try {
    return maskJson(mask, JSON.parse(text));
  } catch (cause) {
    throw new OssiaError('nas_protocol', 'The answer says that it is JSON and is none.', {
      cause,
      said: mask(text).slice(0, 500),
    });
  }
}

/** Passing by RFC 9110 and RFC 6585: the same again later can succeed. */
const busy: ReadonlySet<number> = new Set([408, 423, 425, 429, 500, 502, 503, 504]);

function problemOf({ okStatus, url }: HttpRequest, { status, headers, text }: HttpAnswer): OssiaError | null {
  if (okStatus === null ? status >= 200 && status < 300 : okStatus.includes(status)) return null;
  const said = text.slice(0, 500);
  const afterSeconds = Number(headers['retry-after'] ?? '');
  const details = { status, ...(afterSeconds > 0 ? { retryAfterMs: afterSeconds * 1000 } : {}) };
  if (status >= 300 && status < 400)
    return new OssiaError(
      'nas_refused',
      `${url.host} sends us elsewhere (${status}); set base_url to where its API is.`,
      { said, details },
    );
  if (status === 401 || status === 403)
    return new OssiaError('nas_auth', `${url.host} does not accept our credentials (${status}).`, { said, details });
  return new OssiaError(
    busy.has(status) ? 'nas_busy' : 'nas_refused',
    `${url.host} answered ${status}${said ? `: ${said.split('\n')[0]?.slice(0, 200)}` : '.'}`,
    { said, details },
  );
}

const maxJournal = 16_384;

function cut(text: string): string {
  return text.length <= maxJournal
    ? text
    : `${text.slice(0, maxJournal)}\n... and ${text.length - maxJournal} characters more`;
}

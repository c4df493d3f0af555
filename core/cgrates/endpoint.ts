// POST /jsonrpc: JSON-RPC 2.0, its batches and notifications, and the 1.0 of Go's clients, in front of CGRateS's session calls.
import type { Caller } from '../api/access.ts';
import { defineRoute, json, type Reply, type Route } from '../api/route.ts';
import { type CgratesOptions, createMethods, rpcErrorOf } from './methods.ts';
import { RpcError } from './rpc-error.ts';

const mostInBatch = 100;
const bodyLimit = 1_048_576;

type Log = { error(fields: object, message: string): void };

interface Request {
  readonly jsonrpc?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly id?: unknown;
}

export function cgratesRoutes({ log, ...options }: CgratesOptions & { readonly log: Log }): Route[] {
  const call = createMethods(options);

  /** Undefined: a notification, which is not answered. */
  async function answer(given: unknown, caller: Caller): Promise<object | undefined> {
    const request: Request = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
    const { jsonrpc, method, params, id } = request;
    const isTwo = jsonrpc === '2.0';
    const head = isTwo ? { jsonrpc, id: id ?? null } : { id: id ?? null };
    try {
      if (typeof method !== 'string') throw new RpcError('Invalid Request: there is no method', -32_600);
      const result = await call({ method, params: paramsOf(params), caller });
      if (isTwo && id === undefined) return undefined;
      return isTwo ? { ...head, result } : { ...head, result, error: null };
    } catch (thrown) {
      const error = rpcErrorOf(thrown);
      if (error.code === -32_603) log.error({ err: thrown, method }, 'jsonrpc call failed');
      if (isTwo && id === undefined && error.code !== -32_600) return undefined;
      return isTwo || typeof method !== 'string'
        ? { ...head, jsonrpc: '2.0', error: { code: error.code, message: error.message } }
        : { ...head, result: null, error: error.message };
    }
  }

  return [
    defineRoute({
      method: 'POST',
      path: '/jsonrpc',
      // What a call needs beyond that is asked for by each.
      scope: 'known',
      operationId: 'cgratesJsonRpc',
      summary: "CGRateS's session calls.",
      bodyLimit,
      answers: { 200: { description: 'The answer of the call.' } },
      async handle({ body, caller }) {
        if (!Array.isArray(body)) return replyOf(await answer(body, caller));
        if (body.length === 0 || body.length > mostInBatch)
          return replyOf({
            jsonrpc: '2.0',
            id: null,
            error: { code: -32_600, message: `Invalid Request: 1 to ${mostInBatch} calls` },
          });
        // One after the other: a Start and its Stop may stand in one batch.
        const answers: object[] = [];
        for (const one of body) {
          const answered = await answer(one, caller);
          if (answered !== undefined) answers.push(answered);
        }
        return replyOf(answers.length === 0 ? undefined : answers);
      },
    }),
  ];
}

function replyOf(answer: object | undefined): Reply {
  if (answer === undefined) return { status: 204, text: '', contentType: 'application/json; charset=utf-8' };
  return json(200, answer);
}

/** Go's clients send a list of one. */
function paramsOf(params: unknown): Readonly<Record<string, unknown>> {
  const one = Array.isArray(params) ? params[0] : params;
  if (one === undefined || one === null) return {};
  if (typeof one !== 'object' || Array.isArray(one)) throw new RpcError('Invalid params: expected an object', -32_602);
  return one as Readonly<Record<string, unknown>>;
}

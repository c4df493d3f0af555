// What a route is: its contract as data, from which both the checking of requests and the OpenAPI document are made.
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type FieldProblem, OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { Caller, Scope } from './access.ts';
import type { Door } from './door.ts';

/** A request that passed its door. */
export interface RawCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Media type of the body, empty when there is none. */
  readonly mediaType: string;
  readonly caller: Caller;
  readonly source: Door['source'];
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
  /** Aborts when the API stops: what goes on for long ends then. */
  readonly stopping: AbortSignal;
}

export interface Call<Params, Query, Body> extends Omit<RawCall, 'params' | 'query' | 'body'> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

export type Reply =
  | { readonly status: number; readonly text: string; readonly contentType: string }
  /** The route writes to the response by itself, and ends it. */
  | 'taken over';

export interface Failed {
  readonly error: OssiaError;
  readonly status: number;
  readonly requestId: string;
}

export interface Described {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

export interface RouteContract<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/v1/jobs/{id}`. */
  readonly path: string;
  /** What the caller's role must allow; `known` = any role, `open` = anyone who can connect. */
  readonly scope: Scope | 'known' | 'open';
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Bodies by media type when the handler checks them by itself. */
  readonly bodies?: Readonly<Record<string, z.ZodType>>;
  readonly bodyLimit?: number;
  /**
   * The body is of this media type and is handed over as it comes, a Readable. Neither its coming nor the answer is bound by the
   * times of other requests: the route bounds itself.
   */
  readonly streamed?: string;
  readonly answers: Readonly<Record<number, Described>>;
  /** The header that carries the token as it is, for APIs that are not ours; else `Authorization: Bearer`. */
  readonly tokenHeader?: string;
  /** How an error is said, for APIs that are not ours; else as problem details. */
  readonly failure?: (failed: Failed) => { readonly text: string; readonly contentType: string };
}

export interface Route extends RouteContract<z.ZodType, z.ZodType, z.ZodType> {
  handle(call: RawCall): Promise<Reply>;
}

export function defineRoute<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUnknown,
>(
  route: RouteContract<Params, Query, Body> & {
    handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Reply>;
  },
): Route {
  const { handle, ...contract } = route;
  const params = route.params ?? z.unknown();
  const query = route.query ?? z.strictObject({});
  const body = route.body ?? z.unknown();
  // No body is one that says nothing: what has to be in it is missed by name.
  const given = (sent: unknown): unknown => (route.body !== undefined && sent === undefined ? {} : sent);
  return {
    ...contract,
    handle(call) {
      const problems: FieldProblem[] = [];
      const parsed = {
        params: parsePart({ schema: params, input: call.params, prefix: '?', problems }) as z.output<Params>,
        query: parsePart({ schema: query, input: call.query, prefix: '?', problems }) as z.output<Query>,
        body: parsePart({ schema: body, input: given(call.body), prefix: '/', problems }) as z.output<Body>,
      };
      if (problems.length > 0)
        throw new OssiaError('input_invalid', 'The request has wrong fields.', { fields: problems });
      return handle({ ...call, ...parsed });
    },
  };
}

export function json(status: number, value: unknown): Reply {
  return { status, text: JSON.stringify(value), contentType: 'application/json; charset=utf-8' };
}

interface Part {
  readonly schema: z.ZodType;
  readonly input: unknown;
  readonly prefix: string;
  readonly problems: FieldProblem[];
}

function parsePart({ schema, input, prefix, problems }: Part): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = issue.path.map(String);
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    for (const place of places) {
      const problem =
        issue.code === 'unrecognized_keys' ? `is not known here${meant(place.at(-1), schema)}` : issue.message;
      problems.push({ where: place.length === 0 ? '' : prefix + place.join('/'), problem });
    }
  }
  return undefined;
}

function meant(word: string | undefined, schema: z.ZodType): string {
  const near =
    schema instanceof z.ZodObject && word !== undefined ? nearest(word, Object.keys(schema.shape)) : undefined;
  return near === undefined ? '' : `; did you mean ${near}?`;
}

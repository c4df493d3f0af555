// From a plugin's arguments to the request that they mean: address, headers, body, and the text of it for the journal.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { HttpConfig } from './config.ts';

/** Each part is encoded by itself, so that a value cannot become another path. */
const segment = z.union([z.string(), z.number()]).transform(String);
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

export const requestOptions = z.strictObject({
  query: z.record(z.string().min(1), z.union([scalar, z.array(scalar)])).optional(),
  headers: z
    .record(
      z.string().regex(/^(accept|accept-language|if-match|if-none-match|idempotency-key|prefer|x-[a-z0-9-]{1,60})$/i, {
        error: 'is not a header that a plugin may set',
      }),
      z.string().regex(/^[\t\x20-\x7e]*$/, 'holds a character that a header cannot carry'),
    )
    .optional(),
  json: z.json().optional(),
  form: z.record(z.string(), scalar).optional(),
  okStatus: z.array(z.int().min(200).max(599)).min(1).optional(),
});

export const requestArgs = z.tuple([
  z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
  z
    .union([z.string().transform((text) => [text]), z.array(segment)])
    .pipe(z.array(z.string().min(1).max(1024)).max(32)),
  requestOptions
    .refine(({ json, form }) => json === undefined || form === undefined, 'has json and form: one body is enough')
    .optional(),
]);

export type RequestArgs = z.output<typeof requestArgs>;

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly okStatus: readonly number[] | null;
}

export function requestOf(config: HttpConfig, [method, path, options = {}]: RequestArgs): HttpRequest {
  const url = new URL(config.base_url);
  for (const part of path) {
    // A way up, encoded too, by the URL standard, and within a part by servers that decode `%2F` first: it would leave what is granted.
    // Half a character has no encoding.
    if (part.split(/[/\\]|%2f|%5c/i).some((step) => /^(\.|%2e){1,2}$/i.test(step)) || !part.isWellFormed())
      throw new OssiaError('value_unsafe', `The path has the part ${JSON.stringify(part)}.`);
  }
  url.pathname = url.pathname + path.map(encodeURIComponent).join('/');
  for (const [name, value] of Object.entries({ ...options.query, ...config.query }))
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, one);
  const { body, type } = bodyOf(options);
  return {
    method,
    url,
    headers: {
      accept: 'application/json',
      'user-agent': 'ossia',
      ...lowered(options.headers ?? {}),
      ...(type === '' ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }),
      ...lowered(config.headers),
      ...authorization(config),
    },
    body,
    okStatus: options.okStatus ?? null,
  };
}

function bodyOf({ json, form }: z.output<typeof requestOptions>): { readonly body: string; readonly type: string } {
  if (json !== undefined) return { body: JSON.stringify(json), type: 'application/json; charset=utf-8' };
  if (form !== undefined)
    return { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded; charset=utf-8' };
  return { body: '', type: '' };
}

function authorization({ token, user, password }: HttpConfig): Readonly<Record<string, string>> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (user === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const secretName = /psw|pass|secret|token|key/i;

/** Without what the profile adds: that is the same every time, and mostly secret. Values under names of secrets are hidden. */
export function textOf(config: HttpConfig, args: RequestArgs): string {
  const [method, , { query = {}, headers = {}, json, form } = {}] = args;
  const { url } = requestOf({ ...config, query: {} }, args);
  const shown = new URL(url);
  for (const name of Object.keys(query)) if (secretName.test(name)) shown.searchParams.set(name, '***');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${secretName.test(name) ? '***' : value}`);
  const body = json ?? form;
  const hidden = (name: string, value: unknown) => (secretName.test(name) && typeof value !== 'object' ? '***' : value);
  return [`${method} ${shown.href}`, ...lines, ...(body === undefined ? [] : [JSON.stringify(body, hidden)])].join(
    '\n',
  );
}

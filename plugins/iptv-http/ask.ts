// One request to the middleware, and what its answer means: done, there already, not there, not now, or no.
import { type HttpOptions, isDeviceError, refuse, retry } from '#plugin-sdk';
import { type Device, type IptvOptions, type RequestName, type RequestTemplate, requestOf } from './options.ts';
import { render, renderPart, type Values } from './template.ts';

export type Answer =
  | { readonly is: 'done'; readonly body: unknown }
  | { readonly is: 'exists' | 'absent'; readonly said: string };

interface Asking {
  readonly options: IptvOptions;
  readonly values: Values;
}

const longestWaitMs = 24 * 60 * 60_000;

/** Null: the middleware has no such request. */
export async function ask(device: Device, name: RequestName, { options, values }: Asking): Promise<Answer | null> {
  const request = requestOf(options, name);
  if (request === null) return null;
  const { method, json, form, query } = request;
  const path = request.path.map((part) => renderPart(part, values));
  const given = {
    ...(query && { query: render(query, values) as HttpOptions['query'] }),
    ...(form && { form: render(form, values) as HttpOptions['form'] }),
    ...(json !== undefined && { json: render(json, values) }),
  } as HttpOptions;
  const way = name === 'find' || name === 'list' ? 'read' : 'send';
  try {
    // In a dry run what changes something is recorded, and answers null.
    const response = await device.http[way](method, path, given);
    return judge(response?.body ?? null, options, response === null);
  } catch (error) {
    return meaningOf(error, request);
  }
}

function meaningOf(error: unknown, { exists = [409], absent = [404, 410] }: RequestTemplate): Answer {
  if (!isDeviceError(error)) throw error;
  const { status, retryAfterMs } = error.details;
  const said = error.said ?? '';
  if (exists.includes(Number(status))) return { is: 'exists', said };
  if (absent.includes(Number(status))) return { is: 'absent', said };
  if (error.retryable && typeof retryAfterMs === 'number')
    throw retry(`${error.message} (and to wait ${retryAfterMs} ms)`, Math.min(retryAfterMs, longestWaitMs));
  throw error;
}

/** Some say by the body alone how it went. */
function judge(body: unknown, { envelope }: IptvOptions, isDryRun: boolean): Answer {
  if (envelope === undefined || isDryRun || at(body, envelope.field) === envelope.ok) return { is: 'done', body };
  const words = at(body, envelope.error);
  const said = (typeof words === 'string' ? words : JSON.stringify(words ?? body)).slice(0, 500);
  const says = (kind: readonly string[]) => kind.some((one) => said.toLowerCase().includes(one.toLowerCase()));
  if (says(envelope.exists)) return { is: 'exists', said };
  if (says(envelope.absent)) return { is: 'absent', said };
  if (says(envelope.busy)) throw retry(`The middleware says: ${said}`);
  throw refuse(`The middleware refuses: ${said}`);
}

/** What stands at `a.b.0`; undefined when nothing does. */
export function at(value: unknown, field: string): unknown {
  let here = value;
  for (const name of field === '' ? [] : field.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[name];
  }
  return here;
}

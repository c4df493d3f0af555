// Turns what a hook returned or threw into one JSON text, whatever it is; asking it may run the plugin's code again.
import { verdictKinds } from '../../plugin-sdk/verdict-kinds.ts';
import type { GuestEnd } from '../to-host.ts';
import { limitError, markOf } from './host-errors.ts';

const { stringify } = JSON;
const maxMessage = 4096;
const maxStack = 8192;

const fellOver = endJson({
  type: 'threw',
  message: 'The plugin threw something that cannot be read.',
  stack: '',
});

function endJson(end: GuestEnd): string {
  return stringify(end);
}

export function describeReturned(value: unknown, maxBytes: number): string {
  const verdict = verdictOf(value);
  if (verdict) return verdict;
  let json: string | undefined;
  try {
    json = stringify(value);
  } catch (cause) {
    throw new TypeError(`What the hook returned is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (json === undefined) return '{"type":"returned","value":null}';
  if (json.length > maxBytes) throw limitError(`What the hook returned is larger than ${maxBytes} bytes.`);
  return `{"type":"returned","value":${json}}`;
}

export function describeThrown(thrown: unknown): string {
  try {
    const verdict = verdictOf(thrown);
    if (verdict) return verdict;
    const mark = markOf(thrown);
    const own = mark.call === undefined && mark.limit === undefined;
    const name = own && thrown instanceof Error && thrown.name !== 'Error' ? `${thrown.name}: ` : '';
    const message = (name + messageOf(thrown)).slice(0, maxMessage);
    return endJson({ type: 'threw', message, stack: stackOf(thrown), ...mark });
  } catch {
    return fellOver;
  }
}

/** Known by its fields: its class lives in the bundle. */
function verdictOf(value: unknown): string | null {
  if (!(value instanceof Error)) return null;
  const kind = verdictKinds.find((name) => name === Reflect.get(value, 'verdict'));
  if (kind === undefined) return null;
  const afterMs: unknown = Reflect.get(value, 'afterMs');
  const reason = messageOf(value);
  return endJson({ type: 'verdict', verdict: kind, reason, ...(typeof afterMs === 'number' && { afterMs }) });
}

function messageOf(thrown: unknown): string {
  const text =
    thrown instanceof Error
      ? `${thrown.message}`
      : typeof thrown === 'string'
        ? thrown
        : `The plugin threw ${stringify(thrown) ?? typeof thrown}, which is not an error.`;
  return text.slice(0, maxMessage);
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack.slice(0, maxStack) : '';
}

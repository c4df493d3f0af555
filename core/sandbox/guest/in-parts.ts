// What comes in parts: an answer of the host that the plugin iterates over, and a plugin's list that goes to the host bit by bit.
import { ownCalls } from '../to-host.ts';
import { limitError } from './host-errors.ts';

/** A host call; rejects with the host's error. */
export type Ask = (transport: string, method: string, args: unknown[]) => Promise<unknown>;

/** Asks for the next part only when the plugin does. */
export function iterateOver(ask: Ask, open: () => Promise<unknown>): AsyncIterableIterator<unknown> {
  let stream: Promise<unknown> | null = null;
  let isOver = false;
  return Object.freeze({
    [Symbol.asyncIterator]() {
      return this;
    },
    async next(): Promise<IteratorResult<unknown>> {
      if (isOver) return { done: true, value: undefined };
      // Opened once, also when two parts are asked for at once.
      stream ??= open();
      const part = await ask(ownCalls, 'next', [await stream]);
      isOver = part === null;
      return isOver ? { done: true, value: undefined } : { done: false, value: part };
    },
  });
}

/** Hands a list, or all lists of an async generator, to the host; resolves with what the generator returned. */
export async function handOver(value: unknown, ask: Ask, rowsPerCall: number): Promise<unknown> {
  const give = async (rows: readonly unknown[]): Promise<void> => {
    for (let at = 0; at < rows.length; at += rowsPerCall)
      await ask(ownCalls, 'rows', [rows.slice(at, at + rowsPerCall)]);
  };
  if (isIterable(value)) return verdictThrown(await through(value, give));
  await give(listOf(verdictThrown(value), 'returned'));
  return null;
}

/** All lists of an async generator as one, for who asked for one answer. */
export async function gathered(value: AsyncIterable<unknown>, maxBytes: number): Promise<unknown> {
  const all: unknown[] = [];
  let bytes = 0;
  await through(value, async (rows) => {
    bytes += JSON.stringify(rows).length;
    if (bytes > maxBytes) throw limitError(`The list is larger than the ${maxBytes} bytes that one answer may have.`);
    // Spread, a long list would overflow the stack.
    for (const row of rows) all.push(row);
  });
  return all;
}

async function through(
  lists: AsyncIterable<unknown>,
  give: (rows: readonly unknown[]) => Promise<void>,
): Promise<unknown> {
  const iterator = lists[Symbol.asyncIterator]();
  for (;;) {
    const step = await iterator.next();
    if (step.done) return step.value;
    try {
      await give(listOf(step.value, 'yielded'));
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  }
}

/** A verdict may be returned as well as thrown; no error is an answer. */
function verdictThrown(value: unknown): unknown {
  if (value instanceof Error) throw value;
  return value;
}

function listOf(value: unknown, how: 'returned' | 'yielded'): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`What it ${how} is no list.`);
}

export function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, Symbol.asyncIterator) === 'function';
}

// What a listing function of a plugin gives, taken whole: a list, or all lists of a generator and what it returned.

export interface AllRows {
  readonly rows: readonly unknown[];
  /** How many rows came at once. */
  readonly parts: readonly number[];
  readonly end: unknown;
}

export async function allRows(given: unknown): Promise<AllRows> {
  const value = await given;
  if (!isIterable(value)) return { rows: value as readonly unknown[], parts: [], end: undefined };
  const rows: unknown[] = [];
  const parts: number[] = [];
  const iterator = value[Symbol.asyncIterator]();
  for (;;) {
    const step = await iterator.next();
    if (step.done) return { rows, parts, end: step.value };
    rows.push(...step.value);
    parts.push(step.value.length);
  }
}

/** What a hook answers when it is asked as one: a generator's lists are one list then, as the sandbox makes it. */
export async function answerOf(given: unknown): Promise<unknown> {
  const value = await given;
  return isIterable(value) ? (await allRows(value)).rows : value;
}

function isIterable(value: unknown): value is AsyncIterable<readonly unknown[]> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

// The event that stands for a whole state of an account: its jobs are the hooks that were derived from it.
import { randomUUID } from 'node:crypto';
import type { Derived } from '../map/derive.ts';
import type { OssiaEvent } from '../model/event.ts';

/** Stands where the name of a hook stands, and is none: its jobs carry theirs. */
export const putName = 'account_put';

interface Putting {
  readonly id: string | undefined;
  readonly derived: Derived;
  readonly source: string;
}

export function putEvent({ id = randomUUID(), derived, source }: Putting): OssiaEvent {
  const { variables, updatedAt } = derived.record;
  return { id, hook: putName, account: variables, occurredAt: new Date(updatedAt).toISOString(), source };
}

// The one door for events: whoever receives them, they are parsed, mapped and made durable here.
import type { FieldProblem, OssiaError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { EventNote } from '../model/event.ts';

/** `accepted` means: on disk. */
export type Receipt =
  | { readonly type: 'accepted'; readonly event: string; readonly jobs: readonly string[]; readonly duplicate: boolean }
  | { readonly type: 'rejected'; readonly fields: readonly FieldProblem[] }
  /** Right, but not taken now: the disk does not write, too much is waiting, we are stopping. */
  | { readonly type: 'failed'; readonly error: OssiaError };

export interface Ingest {
  /** One receipt per item, in their order; a wrong item does not touch the others. Items are hostile until parsed here. */
  submit(items: readonly unknown[], source: string, note?: EventNote): Promise<readonly Receipt[]>;
  /** For the session stage: the account that this session belongs to went on or off line. Rejects when it is not on disk. */
  submitSession(change: SessionChange): Promise<Receipt>;
}

export interface SessionChange {
  readonly id: string;
  readonly hook: 'user_auth' | 'user_disconnect';
  readonly account: Account;
  readonly occurredAt: string;
}

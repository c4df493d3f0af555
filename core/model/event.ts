// An event: what the billing core or RADIUS told us, parsed.
import type { Account } from './account.ts';

export interface OssiaEvent {
  /** The sender's own id, or one that we made; the same id is run once. */
  readonly id: string;
  readonly hook: string;
  readonly account: Account;
  /** When it happened at the sender, ISO 8601 with offset. */
  readonly occurredAt: string;
  /** Where it came in: `http`, `socket`, `accounting`, ... */
  readonly source: string;
  /** Who wants it and why, when somebody told us: in the journal of its jobs from the first moment. */
  readonly note?: EventNote;
}

export interface EventNote {
  /** The profile's name. */
  readonly nas: string;
  readonly text: string;
}

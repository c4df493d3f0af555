// What the journal keeps of one run: every exchange, the plugin's trace when it failed, and what became of the job.
import type { Exchange } from '../model/outcome.ts';
import type { JournalEntry } from '../store/store.ts';

export interface RunRecord {
  readonly nas: string;
  readonly attempt: number;
  readonly exchanges: readonly Exchange[];
  /** The plugin's mapped stack; empty when there is none. */
  readonly stack: string;
  /** Which plugin ran, with version and hash; empty when none did. */
  readonly program: string;
  readonly outcome: string;
  readonly at: number;
}

export function journalOf({
  nas,
  attempt,
  exchanges,
  stack,
  program,
  outcome,
  at,
}: RunRecord): Omit<JournalEntry, 'jobId'>[] {
  const entries: Omit<JournalEntry, 'jobId'>[] = exchanges.map((exchange) => ({ ...exchange, attempt, nas }));
  if (stack !== '') entries.push({ at, kind: 'log', via: 'plugin', text: stack, attempt, nas });
  entries.push({ at, kind: 'outcome', via: program === '' ? 'dispatch' : program, text: outcome, attempt, nas });
  return entries;
}

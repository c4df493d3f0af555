// From an event to its jobs and to what becomes of its account's row: pure; what the hook settles says what the event is about.
import { type Account, nasKeyOf, nasRefOf } from '../model/account.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { HookDefinition } from '../model/hook.ts';
import { type AccountRecord, keyParameters, passingVariables, type State, settledBy } from '../model/state.ts';
import type { JobDraft } from '../queue/queue.ts';
import type { AccountWrite } from '../store/store.ts';
import { type Effects, settlesFlag } from './effects.ts';
import { jobsOf } from './jobs-of.ts';
import { callFor, newBoxCalls } from './new-box.ts';

export interface Mapped {
  readonly drafts: readonly JobDraft[];
  /** Absent: the event changes nothing that is known of the account. */
  readonly account?: AccountWrite;
}

interface Mapping {
  readonly event: OssiaEvent;
  readonly hook: HookDefinition;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** They repeat what was read a moment ago: not the billing's newest word on the variables. */
const repeating: ReadonlySet<string> = new Set(['accounting', 'operator', 'resync']);

/** Whether it depends on what is known of the account what this event means: one that removes an account carries the old identity. */
export function needsRecord({ hook, event }: Pick<Mapping, 'hook' | 'event'>): boolean {
  return settlesFlag(hook, 'exists', false) && !repeating.has(event.source);
}

export function mapEvent({ event, hook, at }: Mapping): Mapped {
  const drafts = jobsOf(event);
  if (event.source === 'resync') return { drafts };
  const variables = repeating.has(event.source) ? null : told(event.account);
  const settled = settledBy(hook.settles, event.account);
  return { drafts, account: { type: 'tell', userId: userIdOf(event), variables, settled, at } };
}

/** How long after it went a second removal may come that means: it is another one now. */
const renamingMs = 600_000;

/** For an event that `needsRecord`. */
export function mapRemoval(
  mapping: Mapping & { readonly before: AccountRecord | undefined; readonly effects: Effects },
): Mapped {
  const { event, before, at, effects } = mapping;
  const drafts = jobsOf(event);
  const box = nasKeyOf(nasRefOf(event.account));
  if (before !== undefined && isRenaming(before, event.account, at)) {
    const variables = told(event.account);
    // What the box knew of its login went with it.
    const settled: State = { exists: 'true', ...(before.desired['logged'] === 'true' && { logged: 'false' }) };
    const known = { variables: { ...before.variables, ...variables }, desired: { ...before.desired, ...settled } };
    const added = [callFor({ key: 'exists', value: 'true', known, effects }), ...newBoxCalls(known, effects)];
    const account = {
      type: 'tell',
      userId: userIdOf(event),
      variables,
      settled,
      ifVersion: before.version,
      at,
    } as const;
    return { drafts: [...drafts, ...added.flatMap(jobsOf)], account };
  }
  // It was added elsewhere already: this only takes away what was left.
  if (before !== undefined && before.nasKey !== box) return { drafts };
  const mapped = mapEvent(mapping);
  if (mapped.account?.type !== 'tell') return mapped;
  return { drafts, account: { ...mapped.account, ifVersion: before?.version ?? 0 } };
}

/** The billing may fire the removal twice for a changed account: with the old values, then with the new ones. */
function isRenaming({ goneAt, variables }: AccountRecord, now: Account, at: number): boolean {
  if (goneAt === 0 || at - goneAt > renamingMs || now['deleted'] === '1') return false;
  return keyParameters.some((name) => {
    const [before, after] = [variables[name], now[name]];
    return name !== 'deleted' && before !== undefined && after !== undefined && before !== after;
  });
}

/** Without what belongs to the event alone. `deleted` is what a removal settles, and must not stay when the account comes back. */
function told(account: Account): Account {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(account))
    if (!passingVariables.has(name) && !(name === 'deleted' && value === '1')) variables[name] = value;
  return variables;
}

function userIdOf({ account }: OssiaEvent): string {
  return account['user_id'] ?? '';
}

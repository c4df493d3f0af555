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

/**
 * Whether it depends on what is known of the account what this event means: one that removes it carries the old identity, and one
 * that adds it may add it to a box that knows nothing of it.
 */
export function needsRecord({ hook, event }: Pick<Mapping, 'hook' | 'event'>): boolean {
  return hook.settles?.flag === 'exists' && !repeating.has(event.source);
}

export function mapEvent({ event, hook, at }: Mapping): Mapped {
  const drafts = jobsOf(event);
  if (event.source === 'resync') return { drafts };
  const variables = repeating.has(event.source) ? null : told(event.account);
  const settled = settledBy(hook.settles, event.account);
  const tell = { type: 'tell', userId: userIdOf(event), variables, settled, at } as const;
  if (hook.settles !== null || variables === null) return { drafts, account: tell };
  return { drafts, account: { ...tell, variables: withoutKeys(variables), variablesIfNew: variables } };
}

/**
 * Which box it is on, and under which identity, changes with its removal and its addition. Told by the edit that comes with them, the
 * removal with the old values would be taken for what is left elsewhere, and the second one with the new values for the end of it.
 */
function withoutKeys(variables: Account): Account {
  const isKey = (name: string): boolean => (keyParameters as readonly string[]).includes(name);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isKey(name)));
}

/** For an event that `needsRecord`. */
export function mapExistence(mapping: Looked): Mapped {
  return settlesFlag(mapping.hook, 'exists', true) ? mapAddition(carrying(mapping)) : mapRemoval(mapping);
}

interface Looked extends Mapping {
  readonly before: AccountRecord | undefined;
  readonly effects: Effects;
}

/** What an addition brings to the box and this one leaves out is as it was: without it a box would take away what stands there. */
function carrying(mapping: Looked): Looked {
  const { event, hook, before } = mapping;
  const carried = hook.settles !== null && 'carries' in hook.settles ? hook.settles.carries : [];
  const kept = carried.flatMap((name) => {
    const value = before?.variables[name];
    return event.account[name] === undefined && value ? [[name, value] as const] : [];
  });
  if (kept.length === 0) return mapping;
  return { ...mapping, event: { ...event, account: { ...event.account, ...Object.fromEntries(kept) } } };
}

/** Added again, elsewhere or under another identity, it has to be told what it was told before: the billing says only what changes. */
function mapAddition(mapping: Looked): Mapped {
  const { event, before, at, effects } = mapping;
  if (before !== undefined && isNewThere(before, event.account))
    return {
      drafts: [...jobsOf(event), ...anew({ event, before, effects }).jobs],
      account: toldAnew({ event, before, at }),
    };
  const mapped = mapEvent(mapping);
  if (mapped.account?.type !== 'tell') return mapped;
  return { ...mapped, account: { ...mapped.account, ifVersion: before?.version ?? 0 } };
}

function isNewThere({ goneAt, nasKey, variables }: AccountRecord, now: Account): boolean {
  return goneAt > 0 || nasKey !== nasKeyOf(nasRefOf(now)) || differsInKey(variables, now);
}

interface Anew {
  readonly event: OssiaEvent;
  readonly before: AccountRecord;
}

/** The account with its new values, and the jobs by which its box hears what it must know of it. */
function anew({ event, before, effects }: Anew & { readonly effects: Effects }) {
  const variables = { ...before.variables, ...told(event.account) };
  const known = { variables, desired: { ...before.desired, ...settledAnew(before) } };
  return { known, jobs: newBoxCalls(known, effects).flatMap(jobsOf) };
}

function toldAnew({ event, before, at }: Anew & { readonly at: number }): AccountWrite {
  const settled = settledAnew(before);
  const variables = told(event.account);
  return { type: 'tell', userId: userIdOf(event), variables, settled, ifVersion: before.version, at };
}

/** What the box knew of its login went with it. */
function settledAnew({ desired }: AccountRecord): State {
  return { exists: 'true', ...(desired['logged'] === 'true' && { logged: 'false' }) };
}

/** How long after it went a second removal may come that means: it is another one now. */
const renamingMs = 600_000;

function mapRemoval(mapping: Looked): Mapped {
  const { event, before, at, effects } = mapping;
  const drafts = jobsOf(event);
  const box = nasKeyOf(nasRefOf(event.account));
  if (before !== undefined && isRenaming(before, event.account, at)) {
    const { known, jobs } = anew({ event, before, effects });
    const added = callFor({ key: 'exists', value: 'true', known, effects });
    return { drafts: [...drafts, ...jobsOf(added), ...jobs], account: toldAnew({ event, before, at }) };
  }
  // It was added elsewhere already: this only takes away what was left.
  if (before !== undefined && before.nasKey !== box) return { drafts };
  const mapped = mapEvent(mapping);
  if (mapped.account?.type !== 'tell') return mapped;
  return { drafts, account: { ...mapped.account, ifVersion: before?.version ?? 0 } };
}

/** The billing may fire the removal twice for a changed account: with the old values, then with the new ones. */
function isRenaming({ goneAt, variables }: AccountRecord, now: Account, at: number): boolean {
  return goneAt > 0 && at - goneAt <= renamingMs && now['deleted'] !== '1' && differsInKey(variables, now);
}

/** A parameter that one side leaves out says nothing. */
function differsInKey(before: Account, now: Account): boolean {
  return keyParameters.some((name) => {
    const [old, other] = [before[name], now[name]];
    return name !== 'deleted' && old !== undefined && other !== undefined && old !== other;
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

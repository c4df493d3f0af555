// Which job makes an older one of its lane needless: pure, and driven by what the catalogue says that hooks settle.
import type { Account } from '../model/account.ts';
import type { HookDefinition } from '../model/hook.ts';
import type { Job } from '../model/job.ts';
import { keyParameters, serviceOf, settledBy } from '../model/state.ts';

export type Hooks = ReadonlyMap<string, HookDefinition>;

type Told = Pick<Job, 'hook' | 'account'> & { readonly background?: boolean };

export interface Superseding {
  /** What a newer job could settle in its stead; undefined for barriers, services and what settles nothing. */
  keyOf(job: Told): string | undefined;
  /** Nothing is superseded across it. */
  isBarrier(job: Told): boolean;
  /** Of two in one lane without a barrier between them. */
  supersedes(newer: Told, older: Told): boolean;
  /** Whether a newer job that ran took away what an older one is for, so that running that now would undo it. */
  outdates(newer: Told, older: Told): boolean;
}

/** The lane says which box it is, however its address is spelled. */
const identity = keyParameters.filter((name) => name !== 'nas_ip');

export function supersedingBy(hooks: Hooks): Superseding {
  // A hook that is no longer in the catalogue may have done anything.
  const isBarrier = ({ hook }: Told): boolean => hooks.get(hook)?.barrier ?? true;
  const settledKey = ({ hook, account }: Told): string | undefined =>
    Object.keys(settledBy(hooks.get(hook)?.settles ?? null, account))[0];
  const keyOf = (job: Told): string | undefined => {
    const key = isBarrier(job) ? undefined : settledKey(job);
    return key === undefined || serviceOf(key) !== undefined ? undefined : key;
  };
  const sameSubject = (newer: Told, older: Told, key: string): boolean => {
    if (identity.some((name) => differ(newer.account[name], older.account[name]))) return false;
    const session = newer.account['acct_session_id'];
    // One session's end says nothing of another's.
    return key !== 'logged' || !session || session === older.account['acct_session_id'];
  };
  return {
    keyOf,
    isBarrier,
    supersedes(newer, older) {
      const key = keyOf(newer);
      if (key === undefined || key !== keyOf(older)) return false;
      // What was asked for now must not end up waiting for a time when there is nothing else to do.
      if (newer.background && !older.background) return false;
      return sameSubject(newer, older, key);
    },
    outdates(newer, older) {
      const key = settledKey(older);
      if (key === undefined) return false;
      const made = settledBy(hooks.get(newer.hook)?.settles ?? null, newer.account);
      if (made[key] === undefined && made['exists'] !== 'false') return false;
      return sameSubject(newer, older, key);
    },
  };
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** The variables with an operator's changes; an empty text takes one away. */
export function editedBy(account: Account, edit: Account): Account {
  return Object.fromEntries(
    Object.entries({ ...account, ...edit }).filter(([name, value]) => edit[name] !== '' || value !== ''),
  );
}

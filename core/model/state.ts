// What an account should have, or has: one value per thing that hooks settle. Events fold into it; comparing two shows what differs.
import type { Account } from './account.ts';
import type { Settles } from './hook.ts';

/**
 * By settle key: `exists`, `accept`, `redirect`, `logged`, `own_disabled` are `true` or `false`; `rate` is `none` or a JSON text of
 * its variables; `service:<usluga_id>` is `on` or `off`. What nobody ever told is not there. Beside what is kept so there may stand
 * key parameters that hooks carry; see `wantedOf`.
 */
export type State = Readonly<Record<string, string>>;

export const accessFlags = ['exists', 'accept', 'redirect', 'own_disabled', 'logged'] as const;
export type AccessFlag = (typeof accessFlags)[number];

export const rateVariables = ['rate_in', 'rate_out', 'ceil_in', 'ceil_out', 'burst_in', 'burst_out'] as const;
const servicePrefix = 'service:';

/** Variables of one event, not of the account: they do not stay with it. */
export const passingVariables: ReadonlySet<string> = new Set(['usluga_id', 'acct_session_id']);

/** The account as the daemon knows it. */
export interface AccountRecord {
  readonly userId: string;
  /** As the billing last told them, one by one. */
  readonly variables: Account;
  /** The box that the billing has it on; see `nasKeyOf`. */
  readonly nasKey: string;
  /** What it should have. */
  readonly desired: State;
  /** Grows with each change of this record; 0: there is none yet. */
  readonly version: number;
  /** Since when `exists` is false, milliseconds since 1970; 0: it is not. */
  readonly goneAt: number;
  readonly updatedAt: number;
}

/** What was last made of one settle key on one box. */
export interface AppliedMark {
  /** What the last job that was done left there, or a resync saw there since; absent: neither was. */
  readonly value?: string;
  /** The last job on it; absent: a resync saw it and there was none. */
  readonly job?: string;
  readonly at?: number;
  /** The last job on this key ended badly after that; its state, or `unsupported`: the plugin of its box has no such hook. */
  readonly failed?: { readonly state: string; readonly reason: string; readonly job: string; readonly at: number };
}
export const unsupportedState = 'unsupported';
export type Applied = Readonly<Record<string, AppliedMark>>;

/** What is true once a job with these variables is done. */
export function settledBy(settles: Settles | null, account: Account): State {
  if (settles === null) return {};
  if (settles.flag === 'service') {
    const id = account['usluga_id'];
    return id ? { [servicePrefix + id]: settles.value } : {};
  }
  if (settles.flag !== 'rate') return { [settles.flag]: String(settles.value) };
  return { rate: settles.value === 'none' ? 'none' : rateText(account) };
}

/** The rates among the variables as the value of `rate`: the same text for the same rates. */
export function rateText(account: Account): string {
  return JSON.stringify(
    Object.fromEntries(rateVariables.flatMap((name) => (account[name] ? [[name, account[name]]] : []))),
  );
}

/** Of the value of `rate`; empty for `none` and for what is none. */
export function ratesOf(value: string | undefined): Account {
  return value === undefined || value === 'none' ? {} : (JSON.parse(value) as Account);
}

export function serviceKey(id: string): string {
  return servicePrefix + id;
}

export function serviceOf(key: string): string | undefined {
  return key.startsWith(servicePrefix) ? key.slice(servicePrefix.length) : undefined;
}

/**
 * The variables that a job made from this record carries: the rates are those that it should have now, and one that came back from
 * the bin is not `deleted` any more, which no event need have said.
 */
export function variablesOf({ variables, desired }: Pick<AccountRecord, 'variables' | 'desired'>): Account {
  const isBack = variables['deleted'] === '1' && desired['exists'] === 'true';
  if (desired['rate'] === undefined && !isBack) return variables;
  const isStale = (name: string): boolean =>
    name === 'deleted' ? isBack : desired['rate'] !== undefined && (rateVariables as readonly string[]).includes(name);
  const rest = Object.entries(variables).filter(([name]) => !isStale(name));
  return { ...Object.fromEntries(rest), ...ratesOf(desired['rate']) };
}

/** Changing one of these makes another account of it for the box: `user_del` with the old, `user_add` with the new values. */
export const keyParameters = [
  'ip',
  'login',
  'mac',
  'server',
  'snatip',
  'deleted',
  'auth_type',
  'nas_ip',
  'router_ip',
  'opt82',
  'switch_port',
  'switch_vlan',
  'switch_ip',
  'nas_id',
  'psw',
  'gpon_modem_port',
] as const;

/** Key parameters that differ; one that a side does not carry is empty there. */
export function changedKeyParameters(before: Account, after: Account): readonly string[] {
  return keyParameters.filter((name) => (before[name] ?? '') !== (after[name] ?? ''));
}

export type Access = 'full' | 'redirected' | 'disabled by owner' | 'not logged in' | 'cut off' | 'unknown';

export interface EffectiveAccess {
  readonly access: Access;
  /** In words, for the operator. */
  readonly because: string;
}

/**
 * The billing's own rule. What was never told counts as the billing's default: accepted, in balance, not disabled; blocked or out of
 * balance wins over not logged in, since the page must show before any login.
 */
export function accessOf(state: State): EffectiveAccess {
  const is = (key: AccessFlag, value: 'true' | 'false') => state[key] === value;
  if (is('exists', 'false')) return { access: 'cut off', because: 'deleted, or moved to the bin' };
  if (Object.keys(state).length === 0) return { access: 'unknown', because: 'nothing was told about it yet' };
  if (is('accept', 'false') && is('redirect', 'true'))
    return { access: 'redirected', because: 'blocked by the administrator, and out of balance' };
  if (is('accept', 'false')) return { access: 'redirected', because: 'blocked by the administrator' };
  if (is('redirect', 'true')) return { access: 'redirected', because: 'out of balance' };
  if (is('own_disabled', 'true')) return { access: 'disabled by owner', because: 'switched off by the subscriber' };
  if (is('logged', 'false')) return { access: 'not logged in', because: 'no authorisation, by RADIUS or the web' };
  return {
    access: 'full',
    because: is('logged', 'true') ? 'exists, accepted, in balance, logged in' : 'exists, accepted, in balance',
  };
}

export interface Difference {
  /** Settle key. */
  readonly key: string;
  readonly desired: string;
  /** Undefined: not known to be there. */
  readonly found: string | undefined;
}

/** Where `found` is not what is wanted. What nobody wants to have anything said about, and what the other side cannot tell (`blind`), is no difference. */
export function differencesOf(
  desired: State,
  found: State,
  blind: (key: string) => boolean = () => false,
): Difference[] {
  const gone = desired['exists'] === 'false';
  const keys = gone ? ['exists'] : Object.keys(desired).sort();
  return keys.flatMap((key) => {
    const wanted = desired[key] ?? '';
    if (blind(key) || found[key] === wanted) return [];
    // What was never made and should not be is as it should be.
    if (found[key] === undefined && isAbsence(key, wanted)) return [];
    return [{ key, desired: wanted, found: found[key] }];
  });
}

/** Of what differs: what can be put right, and what the plugin of its box was found to have no hook for. */
export function bySupport(differences: readonly Difference[], applied: Applied) {
  const isUnsupported = ({ key }: Difference): boolean => applied[key]?.failed?.state === unsupportedState;
  return {
    differences: differences.filter((one) => !isUnsupported(one)),
    unsupported: differences.filter(isUnsupported).map(({ key }) => key),
  };
}

/** A value that a box which was never told anything has by itself. */
function isAbsence(key: string, value: string): boolean {
  if (key === 'accept') return value === 'true';
  if (serviceOf(key) !== undefined) return value === 'off';
  return value === 'false' || value === 'none';
}

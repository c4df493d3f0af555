// What a box listed, held small enough for a million subscribers, and found by what an account is called.
import type { Account } from '../model/account.ts';
import { type AccountKind, isOfKind } from '../model/account-kind.ts';
import { networkKeys } from '../model/network.ts';
import type { BoxUser } from '../plugin-sdk/index.ts';
import { createAddresses, createColumn, createInterned, createNames, type Names } from './compare-columns.ts';

/** How the box names one that it listed. */
export interface BoxName {
  readonly user_id: string;
  readonly login: string;
  readonly ip: string;
}

export interface Listed {
  add(users: readonly BoxUser[]): void;
  /** Subscribers, each counted once however often it was listed. */
  size(): number;
  /**
   * The rows of the account: by its user_id, else its login, else its address. They are nobody else's then; `claim: false` only
   * looks, and sees none that was claimed.
   */
  rowsOf(account: { readonly userId: string; readonly variables: Account }, claim: boolean): readonly number[];
  userAt(row: number): BoxUser;
  /** What nobody has claimed, once for each subscriber; in parts, between which others may run. */
  unclaimed(): Iterable<readonly BoxName[]>;
  /** Whether any row said something of this. */
  tells(what: Told): boolean;
}

const flags = ['accept', 'redirect', 'own_disabled', 'logged'] as const;
export type Told = (typeof flags)[number] | 'rate' | 'snatip' | 'services';

const named = ['user_id', 'login', 'ip'] as const;

export function createListed(): Listed {
  // By its first name that is given: a row stands in one of them.
  const first: Readonly<Record<(typeof named)[number], Names>> = {
    user_id: createNames(),
    login: createNames(),
    ip: createNames(),
  };
  const names: Record<(typeof named)[number], string[]> = { user_id: [], login: [], ip: [] };
  /** Two bits for each flag: 0 untold, 1 false, 2 true. */
  const states = createColumn(Uint8Array);
  /** NaN: untold. */
  const rateIn = createColumn(Float64Array);
  const rateOut = createColumn(Float64Array);
  const snatips = createAddresses();
  const services = createColumn(Int32Array);
  const kinds = createColumn(Int32Array);
  /** The row before it of the same name, plus one; 0: none. */
  const before = createColumn(Int32Array);
  const claimed = createColumn(Uint8Array);
  const serviceSets = createInterned<readonly string[]>();
  const kindSet = createInterned<AccountKind>();
  const told = new Set<Told>();
  let rows = 0;

  function addOne(user: BoxUser): void {
    const row = rows++;
    for (const name of named) names[name].push(user[name]);
    let bits = 0;
    for (const [index, flag] of flags.entries()) {
      const value = user[flag];
      if (value === undefined) continue;
      told.add(flag);
      bits |= (value ? 2 : 1) << (2 * index);
    }
    states.set(row, bits);
    if (user.rate !== undefined) told.add('rate');
    rateIn.set(row, user.rate === undefined ? Number.NaN : (user.rate?.rate_in ?? 0));
    rateOut.set(row, user.rate === undefined ? Number.NaN : (user.rate?.rate_out ?? 0));
    if (user.snatip !== undefined) {
      told.add('snatip');
      snatips.set(row, user.snatip);
    }
    if (user.services !== undefined) told.add('services');
    services.set(row, serviceSets.indexOf(user.services));
    kinds.set(row, kindSet.indexOf(user.of));
    claimed.set(row, 0);
    const name = named.find((one) => user[one] !== '');
    if (name === undefined) return;
    const key = name === 'ip' ? addressKeyOf(user.ip) : user[name];
    before.set(row, (first[name].get(key) ?? -1) + 1);
    first[name].set(key, row);
  }

  function* chain(last: number | undefined): Iterable<number> {
    for (let row = last ?? -1; row >= 0; row = before.get(row) - 1) yield row;
  }

  return {
    add(users) {
      for (const user of users) addOne(user);
    },
    size: () => first.user_id.size() + first.login.size() + first.ip.size(),
    rowsOf({ userId, variables }, claim) {
      const { login = '', ip = '' } = variables;
      for (const last of [
        first.user_id.get(userId),
        login === '' ? undefined : first.login.get(login),
        ip === '' ? undefined : first.ip.get(addressKeyOf(ip)),
      ]) {
        if (last === undefined) continue;
        const found: number[] = [];
        for (const row of chain(last)) {
          const kind = kindSet.at(kinds.get(row));
          if (claimed.get(row) === 0 && (kind === undefined || isOfKind(variables, kind))) found.push(row);
        }
        if (claim) for (const row of found) claimed.set(row, 1);
        if (found.length > 0) return found;
      }
      return [];
    },
    userAt(row) {
      const bits = states.get(row);
      const user: { -readonly [Key in keyof BoxUser]: BoxUser[Key] } = {
        user_id: names.user_id[row] ?? '',
        login: names.login[row] ?? '',
        ip: names.ip[row] ?? '',
      };
      for (const [index, flag] of flags.entries()) {
        const value = (bits >> (2 * index)) & 3;
        if (value > 0) user[flag] = value === 2;
      }
      const rate_in = rateIn.get(row);
      const rate_out = rateOut.get(row);
      if (!Number.isNaN(rate_in)) user.rate = rate_in === 0 && rate_out === 0 ? null : { rate_in, rate_out };
      const snatip = snatips.get(row);
      if (snatip !== undefined) user.snatip = snatip;
      const set = serviceSets.at(services.get(row));
      if (set !== undefined) user.services = set;
      const kind = kindSet.at(kinds.get(row));
      if (kind !== undefined) user.of = kind;
      return user;
    },
    *unclaimed() {
      for (const name of named)
        for (const part of first[name].parts()) {
          const found: BoxName[] = [];
          for (const last of part) {
            let isClaimed = false;
            for (const row of chain(last)) isClaimed ||= claimed.get(row) === 1;
            if (isClaimed) continue;
            found.push({
              user_id: names.user_id[last] ?? '',
              login: names.login[last] ?? '',
              ip: names.ip[last] ?? '',
            });
          }
          yield found;
        }
    },
    tells: (what) => rows === 0 || told.has(what),
  };
}

/** The same for one address or network however it is written. */
function addressKeyOf(text: string): string {
  const keys = networkKeys(text);
  if (keys === undefined) return text;
  return keys.first === keys.last ? keys.first : `${keys.first}-${keys.last}`;
}

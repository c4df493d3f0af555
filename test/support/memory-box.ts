// A box in memory that keeps what hooks settle, account by account, and lists it: what a resync is tried on.
import { setImmediate as breathe } from 'node:timers/promises';
import type { Account } from '#core/model/account.ts';
import { leftBy } from '#core/model/carried.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { ratesOf } from '#core/model/state.ts';
import type { HookRun, Nas } from '#core/plugin-host/nas.ts';
import type { BoxUser, KindOnBox } from '#core/plugin-sdk/index.ts';
import { catalogue } from '#test/support/catalogue.ts';

export interface MemoryBox {
  /** By user_id: settle key -> value. */
  readonly state: Map<string, Record<string, string>>;
  readonly variables: Map<string, Account>;
  /** Every hook that ran, in order: `user_drop 1001`. */
  readonly ran: string[];
  readonly run: (run: HookRun) => Promise<Outcome>;
  readonly listUsers: Nas['listUsers'];
  /** Called before a run takes effect. */
  before: (run: HookRun) => Promise<void> | void;
  /** Rows of the list besides, or instead when it is set. */
  rows: readonly BoxUser[] | null;
  kinds: readonly KindOnBox[];
  takenAt: number | null;
}

export function memoryBox(): MemoryBox {
  const state: MemoryBox['state'] = new Map();
  const variables: MemoryBox['variables'] = new Map();
  const box: MemoryBox = {
    state,
    variables,
    ran: [],
    before: () => undefined,
    rows: null,
    kinds: [],
    takenAt: null,
    async run(run) {
      await box.before(run);
      const id = run.account['user_id'] ?? '';
      box.ran.push(`${run.hook} ${id}`);
      const settled = leftBy(catalogue.get(run.hook)?.settles ?? null, run.account);
      if (settled['exists'] === 'false') {
        state.delete(id);
        variables.delete(id);
      } else {
        // Added without a NAT address it has none.
        const { snatip, ...had } = state.get(id) ?? {};
        const stays = snatip !== undefined && settled['exists'] === undefined ? { snatip } : {};
        state.set(id, { ...had, ...stays, ...settled });
        variables.set(id, run.account);
      }
      return { type: 'done' };
    },
    async listUsers({ onUsers, signal }) {
      const rows = box.rows ?? [...state].map(([id, has]) => rowOf(id, has, variables.get(id) ?? {}));
      for (let at = 0; at < rows.length; at += 1000) {
        await breathe();
        signal.throwIfAborted();
        await onUsers(rows.slice(at, at + 1000));
      }
      return { type: 'listed', takenAt: box.takenAt, kinds: box.kinds };
    },
  };
  return box;
}

function rowOf(id: string, has: Readonly<Record<string, string>>, { login = '', ip = '' }: Account): BoxUser {
  const { rate_in, rate_out } = ratesOf(has['rate']);
  const snatip = has['snatip'] ?? 'none';
  return {
    user_id: id,
    login,
    ip,
    accept: has['accept'] !== 'false',
    redirect: has['redirect'] === 'true',
    own_disabled: has['own_disabled'] === 'true',
    rate: rate_in === undefined ? null : { rate_in: Number(rate_in), rate_out: Number(rate_out) },
    snatip: snatip === 'none' ? null : snatip,
    services: Object.keys(has).flatMap((key) =>
      key.startsWith('service:') && has[key] === 'on' ? [key.slice(8)] : [],
    ),
  };
}

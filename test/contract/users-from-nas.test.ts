// Over every plugin that lists its users: whatever was told to the box, in whatever order, the list says it back, and user_info too.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stateOf } from '#core/accounts/compare-account.ts';
import type { Account } from '#core/model/account.ts';
import { leftBy } from '#core/model/carried.ts';
import { differencesOf, type State } from '#core/model/state.ts';
import { accountOnBox } from '#core/plugin-host/account-on-box.ts';
import { readCases } from '#core/plugin-kit/cases.ts';
import type { BoxState, BoxUser, BoxUserReport, KindOnBox } from '#core/plugin-sdk/index.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { pluginFolder, pluginNames } from '#test/support/plugin-folders.ts';
import { openSimulatedNas, type SimulatedNas } from '#test/support/simulated-nas.ts';

const casesOf = await Promise.all(
  (await pluginNames()).map(async (plugin) => {
    const cases = await readCases({ folder: pluginFolder(plugin), hooks: catalogue });
    const options = cases.find(({ hook }) => hook === 'users_from_nas')?.options;
    return { plugin, options, anyOptions: cases[0]?.options };
  }),
);
const listing = casesOf.filter(({ options }) => options !== undefined);

const accounts: readonly Account[] = [
  { user_id: '1001', login: 'алиса', ip: '10.1.2.3', auth_type: '6', nas_ip: '10.0.0.1' },
  { user_id: 'абонент 2', login: 'bob', ip: '10.1.2.4', auth_type: '1', nas_ip: '10.0.0.1' },
  { user_id: '1003', login: '', ip: '10.1.200.5', auth_type: '5', nas_ip: '10.0.0.1' },
];
const snatips = ['', '203.0.113.5', '203.0.113.6/32'] as const;
const changes = [
  'user_add',
  'user_edit',
  'user_accept',
  'user_drop',
  'user_redirect',
  'user_redirect_cancel',
  'own_disabled',
  'own_disabled_cancel',
  'user_auth',
  'user_disconnect',
  'user_rate_set',
  'user_rate_set_cancel',
  'user_del',
] as const;

const speed = fc.integer({ min: 0, max: 999_999 });
const step = fc.record({
  who: fc.nat({ max: accounts.length - 1 }),
  hook: fc.constantFrom(...changes),
  rate_in: speed,
  rate_out: speed,
  snatip: fc.constantFrom(...snatips),
});

test('there are plugins that list', () => {
  expect(listing.map(({ plugin }) => plugin)).toEqual(expect.arrayContaining(['linux', 'mikrotik']));
});

test.each(casesOf.filter(({ options }) => options === undefined))(
  '$plugin does not list, and says so',
  async ({ plugin, anyOptions }) => {
    const box = await openSimulatedNas({ plugin, state: {}, options: anyOptions });
    onTestFinished(box.close);
    const signal = new AbortController().signal;

    const listed = await box.nas.listUsers({ signal, onUsers: () => expect.unreachable() });

    expect(listed).toMatchObject({ type: 'unsupported', reason: expect.stringContaining(plugin) });
  },
);

describe.each(listing)('$plugin', ({ plugin, options }) => {
  let box: SimulatedNas;
  beforeAll(async () => {
    box = await openSimulatedNas({ plugin, state: {}, options });
  }, 60_000);
  afterAll(() => box?.close());

  /** What is settled with the account now, as the daemon would have it. */
  async function tell(hook: string, account: Account, before: State): Promise<State> {
    const { outcome } = await box.run(hook, account);
    // What this kind of box has not at all, a speed of television e.g., is settled by nothing.
    if (outcome.type === 'unsupported' && outcome.reason.includes('has no hook')) return before;
    if (outcome.type !== 'done' && outcome.type !== 'gone') throw new Error(`${hook}: ${JSON.stringify(outcome)}`);
    const settled = leftBy(catalogue.get(hook)?.settles ?? null, account);
    return settled['exists'] === 'false' ? settled : { ...before, ...settled };
  }

  async function list(): Promise<{ users: BoxUser[]; kinds: readonly KindOnBox[] }> {
    const users: BoxUser[] = [];
    const signal = new AbortController().signal;
    const listed = await box.nas.listUsers({ signal, onUsers: (some) => void users.push(...some) });
    if (listed.type !== 'listed') throw new Error(listed.reason);
    return { users, kinds: listed.kinds };
  }

  function differences(desired: State, has: BoxState): unknown {
    const state = stateOf(has, desired);
    return differencesOf(desired, state, (key) => key !== 'exists' && state[key] === undefined);
  }

  test('the list and user_info say what was settled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const desired: State[] = [];
        for (const [who, account] of accounts.entries()) {
          await tell('user_del', account, {});
          desired[who] = await tell('user_add', account, {});
        }
        for (const { who, hook, rate_in, rate_out, snatip } of steps) {
          const account = accounts[who] ?? {};
          // Who is authorised by his address is never told to have logged in or out.
          if (account['auth_type'] === '1' && (hook === 'user_auth' || hook === 'user_disconnect')) continue;
          const told = {
            ...account,
            ...(hook === 'user_rate_set' && { rate_in: `${rate_in}`, rate_out: `${rate_out}` }),
            ...(hook === 'user_add' && { snatip }),
          };
          // A new life begins with user_add.
          if (desired[who]?.['exists'] === 'false')
            desired[who] = await tell('user_add', { ...account, snatip: '' }, {});
          desired[who] = await tell(hook, told, desired[who] ?? {});
        }

        const { users, kinds } = await list();
        for (const [who, account] of accounts.entries()) {
          const wanted = desired[who] ?? {};
          const rows = users.filter(({ user_id, ip }) =>
            user_id === '' ? ip === account['ip'] : user_id === account['user_id'],
          );
          const { value } = await box.run('user_info', account);
          const { user } = value as { user: BoxUserReport | null };
          if (wanted['exists'] === 'false') {
            expect(rows).toEqual([]);
            expect(user?.exists ?? null).toBeNull();
            continue;
          }
          expect(rows.length).toBeLessThanOrEqual(1);
          const found = accountOnBox({ account, user: rows[0], kinds });
          expect(found).toMatchObject({ exists: true });
          expect(differences(wanted, found?.has ?? {})).toEqual([]);
          expect(user).not.toBeNull();
          expect(differences(wanted, user ?? {})).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  }, 90_000);
});

// The huawei-me60 plugin beyond its cases: profiles that cannot work, and the trap of a QoS profile that the box has not got.
import { afterEach, expect, test } from 'vitest';
import { openPluginKit, type PluginKit } from '#core/plugin-kit/kit.ts';

const folder = new URL('../../../plugins/huawei-me60', import.meta.url).pathname;
const account = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1', rate_in: '1', rate_out: '3000' };
const sessions = [{ id: '1', login: 'alice', qos: 'inet-2000' }];
let kit: PluginKit;

afterEach(() => kit?.close());

test.each([
  ['a profile known by capitals', { known_profiles: ['INET-2000'] }, 'INET-2000'],
  ['a speed by profiles without their name', { rate: { by: 'profile' } }, 'rate'],
  ['a state whose profile is not known', { states: { lift: 'renew', blocked: { qos_profile: 'slow' } } }, 'slow'],
  [
    'a profile of no limit that is not known',
    { rate: { by: 'profile', profile: 'x-{rate_out}', no_limit: 'free' } },
    'free',
  ],
  ['states and no lift', { states: { blocked: { filter_id: 'blocked' } } }, 'lift'],
  ['a lift by coa and no internet', { states: { lift: 'coa', blocked: { filter_id: 'blocked' } } }, 'internet'],
  [
    'a reason whose QoS profile nothing takes away again',
    {
      no_exist_policy: 'online',
      states: { lift: 'coa', internet: { filter_id: 'inet' }, blocked: { qos_profile: 'slow' } },
    },
    'states.internet has no qos_profile',
  ],
  ['an empty user group, which is NAK 404', { states: { lift: 'renew', blocked: { filter_id: '' } } }, 'filter_id'],
])('a profile with %s is refused with its place', async (_what, options, place) => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  await expect(kit.openBox({ state: {}, options })).rejects.toThrow(place);
});

test('names with capitals are sent in small letters where the box makes them small', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const options = { known_profiles: ['slow'], states: { lift: 'renew', blocked: { qos_profile: 'SLOW' } } };
  const box = await kit.openBox({ state: { sessions, config: { profiles: ['slow'] } }, options });
  expect((await box.run('user_drop', account)).outcome.type).toBe('done');
  expect(box.state()).toMatchObject({ sessions: [{ qos: 'slow' }] });
});

test('an unknown profile ends the subscriber on a box that throws him off, unless the plugin holds it back', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const state = { sessions, config: { profiles: ['inet-2000'], no_exist_policy: 'offline' } };
  const rate = { by: 'profile', profile: 'inet-{rate_out}' };
  const careless = await kit.openBox({ state, options: { rate, no_exist_policy: 'online' } });
  await careless.run('user_rate_set', account);
  expect(careless.state()).toEqual({ sessions: [] });
  const careful = await kit.openBox({ state, options: { rate, known_profiles: ['inet-2000'] } });
  expect((await careful.run('user_rate_set', account)).outcome.type).toBe('refused');
  expect(careful.state()).toMatchObject({ sessions: [{ qos: 'inet-2000' }] });
  expect(careful.exchanges()).toEqual([]);
});

const reasons = { blocked: { filter_id: 'blocked' }, no_balance: { filter_id: 'nobalance' } };

test('who is let in by one reason and kept out by another stays out until the last is gone', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const options = { states: { lift: 'coa', internet: { filter_id: 'inet' }, ...reasons } };
  const box = await kit.openBox({ state: { sessions }, options });
  for (const [hook, filter] of [
    ['user_redirect', 'nobalance'],
    // After each login, whatever holds.
    ['user_accept', 'nobalance'],
    ['user_drop', 'blocked'],
    ['user_redirect', 'blocked'],
    ['user_accept', 'nobalance'],
    ['user_redirect_cancel', 'inet'],
  ] as const) {
    const { outcome } = await box.run(hook, account);
    expect(['done', 'gone']).toContain(outcome.type);
    expect([hook, box.state()]).toMatchObject([hook, { sessions: [{ filter }] }]);
  }
});

test('who paid gets a new login by user_accept, and only once', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const box = await kit.openBox({ state: { sessions }, options: { states: { lift: 'renew', ...reasons } } });
  await box.run('user_drop', account);
  expect((await box.run('user_accept', account)).outcome.type).toBe('done');
  expect(box.state()).toEqual({ sessions: [] });
  box.simulator.reset?.();
  expect((await box.run('user_accept', account)).outcome.type).toBe('gone');
  expect(box.state()).toMatchObject({ sessions: [{ login: 'alice' }] });
});

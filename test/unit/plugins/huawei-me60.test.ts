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

// The juniper-mx plugin beyond its cases: profiles that cannot work, and whose session a name means.
import { afterEach, expect, test } from 'vitest';
import { openPluginKit, type PluginKit } from '#core/plugin-kit/kit.ts';

const folder = new URL('../../../plugins/juniper-mx', import.meta.url).pathname;
let kit: PluginKit;

afterEach(() => kit?.close());

test.each([
  ['an internet and no lift', { services: { internet: ['INET'] } }, 'lift'],
  [
    'a speed by service and attribute',
    { rate: { service: 'P({rate_out})', attribute: 'ERX-Cos-Shaping-Rate', value: '1' } },
    'rate',
  ],
  ['an attribute without a value', { rate: { attribute: 'ERX-Cos-Shaping-Rate' } }, 'rate'],
  ['two services in one', { services: { blocked: ['A(x),B(y)'] } }, 'blocked'],
  ['a bracket that nobody closes', { services: { blocked: ['A(x'] } }, 'blocked'],
  ['an unfinished variable', { services: { blocked: ['A({x)'] } }, 'blocked'],
])('a profile with %s is refused with its place', async (_what, options, place) => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  await expect(kit.openBox({ state: {}, options })).rejects.toThrow(place);
});

test('of two sessions with one name the named one is changed, and without its id the first', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const sessions = [
    { id: '101', login: 'alice' },
    { id: '102', login: 'alice' },
  ];
  const box = await kit.openBox({ state: { sessions }, options: { services: { blocked: ['PAGE'] } } });
  const account = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1' };
  await box.run('user_drop', { ...account, acct_session_id: '102' });
  expect(box.state()).toMatchObject({ sessions: [{ services: [] }, { services: ['PAGE'] }] });
  await box.run('user_drop', account);
  expect(box.state()).toMatchObject({ sessions: [{ services: ['PAGE'] }, { services: ['PAGE'] }] });
});

test('a box that is short of memory is asked again later: NAK 506 is no refusal', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const state = { sessions: [{ id: '101', login: 'alice' }], config: { short_of: 506 } };
  const box = await kit.openBox({ state, options: { services: { blocked: ['PAGE'] } } });
  const { outcome } = await box.run('user_drop', { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1' });
  expect(outcome).toMatchObject({ type: 'retry', code: 'nas_busy' });
  expect(box.exchanges().filter(({ answered }) => answered !== undefined)).toHaveLength(1);
});

const account = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1' };
const services = { internet: ['INET'], blocked: ['PAGE'], no_balance: ['PAY'] };

test('the internet comes back with the last reason, not with the first', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const sessions = [{ id: '101', login: 'alice', services: ['INET'] }];
  const box = await kit.openBox({ state: { sessions }, options: { services, lift: 'coa' } });
  for (const [hook, active] of [
    ['user_redirect', ['PAY']],
    // After each login, whatever holds.
    ['user_accept', ['PAY']],
    ['user_drop', ['PAGE', 'PAY']],
    ['user_accept', ['PAY']],
    ['user_redirect_cancel', ['INET']],
  ] as const) {
    const { outcome } = await box.run(hook, account);
    expect(['done', 'gone']).toContain(outcome.type);
    const [session] = (box.state() as { sessions: { services: string[] }[] }).sessions;
    expect([hook, session?.services.toSorted()]).toEqual([hook, active]);
  }
});

test.each([{}, { services, lift: 'renew' }])(
  'who paid gets a new login by user_accept, and only once: %j',
  async (options) => {
    kit = await openPluginKit({ folder, engine: 'in-process' });
    const sessions = [{ id: '101', login: 'alice', services: ['INET'] }];
    const box = await kit.openBox({ state: { sessions }, options });
    await box.run('user_drop', account);
    box.simulator.reset?.();
    expect((await box.run('user_accept', account)).outcome.type).toBe('done');
    expect(box.state()).toEqual({ sessions: [] });
    box.simulator.reset?.();
    expect((await box.run('user_accept', account)).outcome.type).toBe('gone');
    expect(box.state()).toMatchObject({ sessions: [{ login: 'alice' }] });
  },
);

// Who is kept out of an accel-ppp for several reasons stays out until the last of them is gone, and is let in then.
import { afterEach, expect, test } from 'vitest';
import { openPluginKit, type PluginKit } from '#core/plugin-kit/kit.ts';

const folder = new URL('../../../plugins/accel-ppp', import.meta.url).pathname;
const account = { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' };
const mine = { sid: '81a0', username: 'алиса', ip: '10.1.2.3', type: 'ipoe', ifname: 'ipoe0' };
const sessions = [mine, { ...mine, sid: '81a1', username: 'bob', ip: '10.1.2.4' }];
const bob = { sid: '81a1', username: 'bob', ip: '10.1.2.4' };
const alone = { sessions: [bob] };
let kit: PluginKit;

afterEach(() => kit?.close());

async function openBox(options: Readonly<Record<string, unknown>>) {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const box = await kit.openBox({ state: { sessions }, options });
  return { ...box, told: async (hook: string) => (await box.run(hook, account)).outcome.type };
}

const sets = { blocked: 'stop', no_balance: 'pay', own_disabled: 'pause' };
const redirect = { attribute: 'Attr-243', set_attribute: 'Attr-244', sets };

test.each(['coa', 'renew'])(
  'lift: %s shows the page of the first reason that holds, and frees after the last',
  async (lift) => {
    const box = await openBox({ redirect: { ...redirect, lift } });
    for (const [hook, outcome, set] of [
      ['user_redirect', 'done', 'pay'],
      // After each login, whatever holds.
      ['user_auth', 'gone', 'pay'],
      ['user_accept', 'gone', 'pay'],
      ['own_disabled', 'done', 'pay'],
      ['user_drop', 'done', 'stop'],
      ['user_redirect', 'done', 'stop'],
      ['own_disabled_cancel', 'gone', 'stop'],
      ['user_accept', 'gone', 'pay'],
    ] as const) {
      expect([hook, await box.told(hook)]).toEqual([hook, outcome]);
      const [{ redirect: isRedirected, set: shown }] = (box.state() as { sessions: [Record<string, unknown>] })
        .sessions;
      expect([hook, isRedirected, shown]).toEqual([hook, true, set]);
    }
    expect(await box.told('user_redirect_cancel')).toBe('done');
    const { sid, username, ip } = mine;
    expect(box.state()).toEqual(lift === 'renew' ? alone : { sessions: [{ sid, username, ip }, bob] });
  },
);

test('without pools who paid gets a new login by user_accept, and only once', async () => {
  const box = await openBox({});
  expect(await box.told('user_drop')).toBe('done');
  box.simulator.reset?.();
  // He logged in again, and is shown the page that RADIUS gives him.
  expect(await box.told('user_accept')).toBe('done');
  expect(box.state()).toEqual(alone);
  box.simulator.reset?.();
  expect(await box.told('user_accept')).toBe('gone');
  expect(box.state()).not.toEqual(alone);
});

test('without pools a debtor who logs in again is not let in, nor cut, by user_accept', async () => {
  const box = await openBox({});
  await box.told('user_redirect');
  box.simulator.reset?.();
  expect(await box.told('user_accept')).toBe('gone');
  expect(box.state()).not.toEqual(alone);
  expect(await box.told('user_redirect_cancel')).toBe('done');
  expect(box.state()).toEqual(alone);
});

test('who was redirected with an address like any other gets his new login, whatever the pools are', async () => {
  const box = await openBox({ redirect: { ...redirect, lift: 'renew' }, restricted_pools: ['10.9.0.0/16'] });
  await box.told('user_drop');
  expect(await box.told('user_accept')).toBe('done');
  expect(box.state()).toEqual(alone);
});

test.each([
  ['who pays while he is offline', 'user_accept'],
  ['a deleted account', 'user_del'],
])('%s leaves nothing behind that a later login would be cut for', async (_who, hook) => {
  const box = await openBox({});
  expect(await box.told('user_drop')).toBe('done');
  expect(await box.told(hook)).toBe('gone');
  box.simulator.reset?.();
  expect(await box.told('user_accept')).toBe('gone');
  expect(box.state()).not.toEqual(alone);
});

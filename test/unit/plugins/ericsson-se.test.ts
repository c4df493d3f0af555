// What no single case of the SmartEdge's plugin shows: pages of reasons that hold together, forms of a MAC, a session that ends in between.
import { afterAll, describe, expect, test } from 'vitest';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { pluginFolder } from '#test/support/plugin-folders.ts';
import { macOf } from '../../../plugins/ericsson-se/identity.ts';

const kit = await openPluginKit({ folder: pluginFolder('ericsson-se'), engine: 'sandbox', parts: await loadParts() });
afterAll(() => kit.close());

const account = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1' };
const session = { name: 'alice', acct_session_id: '0A01' };
const redirect = { urls: { blocked: 'http://10.0.0.2/blocked', no_balance: 'http://10.0.0.2/nomoney' } };

interface Held {
  readonly sessions: readonly { readonly url?: string }[];
}

test('another page comes after the one before is gone, and the last reason to go takes it away', async () => {
  const box = await kit.openBox({ state: { sessions: [session] }, options: { redirect } });
  try {
    for (const [hook, url] of [
      ['user_redirect', 'http://10.0.0.2/nomoney'],
      ['user_drop', 'http://10.0.0.2/blocked'],
      ['user_accept', 'http://10.0.0.2/nomoney'],
      ['user_redirect_cancel', undefined],
    ] as const) {
      const { outcome } = await box.run(hook, account);
      expect([hook, (box.state() as Held).sessions[0]?.url]).toEqual([hook, url]);
      expect(['done', 'gone']).toContain(outcome.type);
    }
  } finally {
    await box.close();
  }
});

test('a reason without a page ends the session even while another has one', async () => {
  const options = { redirect: { urls: { no_balance: 'http://10.0.0.2/nomoney' } } };
  const box = await kit.openBox({ state: { sessions: [session] }, options });
  try {
    await box.run('user_redirect', account);
    await box.run('user_drop', account);
    expect((box.state() as Held).sessions).toEqual([]);
  } finally {
    await box.close();
  }
});

describe('a MAC as the box writes it', () => {
  test.each([
    ['aa:bb:cc:dd:ee:ff', '0a:1b:2c:3d:4e:5f'],
    ['AA:BB:CC:DD:EE:FF', '0A:1B:2C:3D:4E:5F'],
    ['aa-bb-cc-dd-ee-ff', '0a-1b-2c-3d-4e-5f'],
    ['aabb.ccdd.eeff', '0a1b.2c3d.4e5f'],
    ['aabbccddeeff', '0a1b2c3d4e5f'],
  ])('%s', (format, written) => {
    for (const given of ['0A-1B-2C-3D-4E-5F', '0a1b.2c3d.4e5f', '0a:1B:2c:3d:4E:5f'])
      expect(macOf(given, format)).toBe(written);
  });

  test.each(['', '0a:1b', 'алиса', '0a:1b:2c:3d:4e:5g'])('and %j is none', (text) => {
    expect(() => macOf(text, 'aabbccddeeff')).toThrow('no MAC address');
  });
});

test.each([
  ['a speed of no limit alone', { speed: { default: { 'Qos-Policing-Profile-Name': 'UP' } } }, 'speed'],
  [
    'a filter that nothing takes away again',
    { redirect: { ...redirect, with: { 'Dynamic-Policy-Filter': 'x' } } },
    'no Dynamic-Policy-Filter',
  ],
  ['sessions without a name, for a command that takes names', { kick: 'cli', identify: ['session'] }, 'identify'],
])('a profile with %s is refused with its place', async (_what, options, place) => {
  await expect(kit.openBox({ state: { sessions: [session] }, options })).rejects.toThrow(place);
});

// What no single case of the 7750's plugin shows: reasons that hold together, and a profile without a command line.
import { afterAll, expect, test } from 'vitest';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { pluginFolder } from '#test/support/plugin-folders.ts';

const kit = await openPluginKit({ folder: pluginFolder('nokia-sros'), engine: 'sandbox', parts: await loadParts() });
afterAll(() => kit.close());

const account = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1' };
const session = {
  login: 'alice',
  acct_session_id: '6E01',
  ip: '100.64.0.7',
  subscriber: 'alice',
  sla: 'inet',
  subscriber_profile: 'sub',
};
const states = { free: { sla: 'inet' }, blocked: { sla: 'blocked' }, no_balance: { sla: 'nobalance' } };

interface Held {
  readonly sessions: readonly { readonly sla: string }[];
}

test('while two reasons hold the first is shown, and the last to go opens', async () => {
  const box = await kit.openBox({ state: { sessions: [session] }, options: { subscriber: '{login}', states } });
  try {
    for (const [hook, sla] of [
      ['user_redirect', 'nobalance'],
      ['user_drop', 'blocked'],
      ['user_redirect', 'blocked'],
      ['user_accept', 'nobalance'],
      ['user_redirect_cancel', 'inet'],
    ] as const) {
      const { outcome } = await box.run(hook, account);
      expect([hook, (box.state() as Held).sessions[0]?.sla]).toEqual([hook, sla]);
      expect(['done', 'gone']).toContain(outcome.type);
    }
  } finally {
    await box.close();
  }
});

test('without states a session that was restricted here is ended when nothing holds any more, and no other', async () => {
  const box = await kit.openBox({ state: { sessions: [session] }, options: {} });
  const count = () => (box.state() as Held).sessions.length;
  try {
    await box.run('user_accept', account);
    expect(count()).toBe(1);
    await box.run('user_drop', account);
    expect(count()).toBe(0);
    box.simulator.reset?.();
    await box.run('user_accept', account);
    expect(count()).toBe(0);
    box.simulator.reset?.();
    await box.run('user_accept', account);
    expect(count()).toBe(1);
  } finally {
    await box.close();
  }
});

test('without a command line an acknowledged change is done, and the journal says that it proves nothing', async () => {
  const box = await kit.openBox({
    state: { sessions: [session], config: { ignores: ['Alc-SLA-Prof-Str'] } },
    options: { subscriber: '{login}', states },
    via: ({ transports: { coa = {} } }) => ({ coa }),
  });
  try {
    const { outcome, exchanges } = await box.run('user_drop', account);
    expect(outcome.type).toBe('done');
    expect(exchanges.some(({ text }) => text.includes('proves nothing'))).toBe(true);
    expect((await box.run('user_info', account)).outcome.type).toBe('unsupported');
  } finally {
    await box.close();
  }
});

test.each([
  ['service', { identify: ['service_ip'] }],
  ['subscriber', { identify: ['subscriber', 'login'] }],
])('a profile that names sessions by a %s that it does not say is refused', async (missing, options) => {
  await expect(kit.openBox({ state: { sessions: [session] }, options })).rejects.toThrow(missing);
});

test('what one group of hosts has already is sent again while another has not', async () => {
  const sessions = [
    { ...session, sla: 'blocked' },
    { ...session, acct_session_id: '6E02', ip: '100.64.0.8' },
  ];
  const box = await kit.openBox({
    state: { sessions },
    options: { subscriber: '{login}', identify: ['subscriber'], states },
  });
  try {
    expect((await box.run('user_drop', account)).outcome.type).toBe('done');
    expect((box.state() as Held).sessions.map(({ sla }) => sla)).toEqual(['blocked', 'blocked']);
  } finally {
    await box.close();
  }
});

test.each([
  [{ states: { free: { sla: 'inet' }, blocked: { filter_in: 77 } } }, 'states.blocked sets filter_in'],
  [
    { services: { 7: { on: { attributes: { 'Alc-Tunnel-Group': 'tv' } }, off: { sla: 'inet' } } } },
    'services.7.on sets Alc-Tunnel-Group',
  ],
])('a profile that never takes back what it sets is refused: %j', async (options, problem) => {
  await expect(kit.openBox({ state: { sessions: [session] }, options })).rejects.toThrow(problem);
});

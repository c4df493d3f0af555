// The mikrotik plugin on its simulated router, beyond its cases: several hooks in a row, refusals in words, hostile values, lists.
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { Simulator } from '#core/plugin-sdk/simulator.ts';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { routeros } from '#core/transport/routeros/routeros.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { allRows, answerOf } from '#test/support/all-rows.ts';
import { type InProcessOptions, inProcessDevice } from '#test/support/in-process-device.ts';
import plugin from '../../../plugins/mikrotik/plugin.ts';
import { startSimulator } from '../../../plugins/mikrotik/simulator.ts';

const dictionary = await loadDictionary(new URL('../../../nas-profiles/dictionaries', import.meta.url).pathname);
const coa = createCoaDefinition(dictionary);

interface Box {
  readonly simulator: Simulator;
  /** What changed something or is not a print, as the box took it. */
  readonly taken: string[];
  run(
    hook: string,
    input: { readonly account: Account; readonly options: Record<string, unknown> },
  ): Promise<{ outcome: string; value: unknown; reason: string }>;
}

async function startBox(state: unknown, options: InProcessOptions & { readonly without?: string } = {}): Promise<Box> {
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const taken: string[] = [];
  simulator.onExchange(({ received }) => {
    if (!received.includes('/print')) taken.push(received);
  });
  const definitions = [routeros, coa].filter(({ name }) => name !== options.without) as TransportDefinition[];
  const { device, close } = inProcessDevice(
    definitions.map((definition) => ({ definition, section: simulator.transports[definition.name] })),
    options,
  );
  onTestFinished(close);
  return {
    simulator,
    taken,
    async run(hook, { account, options: profileOptions }) {
      const input = {
        account,
        options: profileOptions,
        hook,
        attempt: 1,
        token: 'job-1',
        deadline: Date.now() + 10_000,
        dryRun: options.dryRun ?? false,
        log: () => undefined,
      };
      try {
        const value = (await answerOf(plugin.hooks[hook]?.(input, device))) ?? null;
        return { outcome: 'done', value, reason: '' };
      } catch (error) {
        const { verdict, code, message } = error as { verdict?: string; code?: string; message: string };
        return {
          outcome: verdict === 'refuse' ? 'refused' : (verdict ?? code ?? 'threw'),
          value: null,
          reason: message,
        };
      }
    },
  };
}

test('the self-test reads the version of the box', async () => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const { device, close, exchanges } = inProcessDevice([
    { definition: routeros as TransportDefinition, section: simulator.transports['routeros'] },
  ]);
  onTestFinished(close);
  expect(await plugin.selfTest?.(device, { options: {} })).toEqual({ version: '7.20.1 (stable)', board: 'CHR' });
  expect(exchanges.map(({ text }) => text)[0]).toBe('/system/resource/print');
});

test('a box without hotspot and DHCP server has no such sessions, and MACs from elsewhere', async () => {
  const simulator = await startSimulator({
    state: { '/ppp/active': [{ name: 'bob', 'caller-id': 'AA:BB:CC:00:00:01' }] },
  });
  onTestFinished(() => simulator.close());
  const { device, close } = inProcessDevice([
    { definition: routeros as TransportDefinition, section: simulator.transports['routeros'] },
  ]);
  onTestFinished(close);
  const missing = /^\/ip\/(hotspot|dhcp-server)\//;
  const refusing = (menu: string) => {
    if (missing.test(menu)) throw Object.assign(new Error('no such command prefix'), { code: 'nas_refused' });
  };
  const { print, pages } = device.routeros;
  Object.assign(device.routeros, {
    async print(...args: Parameters<typeof print>) {
      refusing(args[0]);
      return print(...args);
    },
    async *pages(...args: Parameters<typeof pages>) {
      refusing(args[0]);
      yield* pages(...args);
    },
  });
  const { rows } = await allRows(plugin.listSessions?.(device, { options: {} }));
  expect(rows).toMatchObject([{ userName: 'bob' }]);
  const input = { account: { login: 'bob', ip: '10.1.2.3' }, options: {} };
  expect(await plugin.hooks['user_get_mac']?.(input as never, device)).toEqual({
    mac: 'AA:BB:CC:00:00:01',
    from: 'session',
  });
});

const alice = { user_id: '1001', login: 'alice', ip: '10.1.2.3', auth_type: '1' };

test('a subscriber who is added and deleted leaves nothing on the box', async () => {
  const box = await startBox({});
  const account = { ...alice, rate_in: '5000', rate_out: '20000' };
  for (const hook of ['user_add', 'user_drop', 'user_redirect', 'own_disabled', 'user_auth', 'user_rate_set']) {
    expect(await box.run(hook, { account, options: {} })).toMatchObject({ outcome: 'done' });
  }
  expect(Object.values(box.simulator.state() as object).flat()).toHaveLength(5);
  expect(await box.run('user_del', { account, options: {} })).toMatchObject({ outcome: 'done' });
  expect(box.simulator.state()).toEqual({});
});

test('a profile without coa ends sessions by the API', async () => {
  const state = {
    '/ppp/active': [
      { name: 'bob', address: '100.64.0.7' },
      { name: 'eve', address: '100.64.0.8' },
    ],
  };
  const box = await startBox(state, { without: 'coa' });
  const account = { user_id: '1002', login: 'bob', auth_type: '6' };
  expect(await box.run('user_disconnect', { account, options: {} })).toMatchObject({ outcome: 'done' });
  expect(box.simulator.state()).toEqual({ '/ppp/active': [{ name: 'eve', address: '100.64.0.8' }] });
  expect(await box.run('user_disconnect', { account, options: {} })).toMatchObject({ outcome: 'gone' });
});

test('a dry run sends no change', async () => {
  const state = { '/ip/firewall/address-list': [{ list: 'crb_auth', address: '10.1.2.3', comment: 'ossia:1001' }] };
  const box = await startBox(state, { dryRun: true });
  const account = { ...alice, rate_in: '1', rate_out: '1' };
  for (const hook of Object.keys(plugin.hooks)) {
    expect(await box.run(hook, { account, options: {} }), hook).toMatchObject({
      outcome: expect.stringMatching(/done|gone/),
    });
  }
  expect(box.taken).toEqual([]);
  expect(box.simulator.state()).toEqual(state);
});

test('a refusal says which variable is wrong', async () => {
  const box = await startBox({});
  const run = (account: Record<string, string>) => box.run('user_drop', { account, options: {} });
  expect((await run({ user_id: '1', auth_type: '1' })).reason).toContain('no ip');
  expect((await run({ user_id: '1', ip: '10.1.2.3; /system reset' })).reason).toContain('10.1.2.3; /system reset');
});

const hostile = fc.oneof(
  fc.constantFrom(
    '"; /system/reset-configuration',
    'a\nb',
    'a\r\n=disabled=yes',
    '$(reboot)',
    '[find]',
    '=list=x',
    '?#|',
    '.tag=1',
  ),
  fc.constantFrom('Иванов «Иван»', '', '*1,*2', '!done', '../../..', 'я'.repeat(5_000), '\u0000\u0001'),
  fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => text.isWellFormed()),
);

test('no value of the billing changes the shape of a command', async () => {
  const state = {
    '/ip/firewall/address-list': [{ list: 'crb_blocked', address: '10.7.7.7', comment: 'ossia:7' }],
    '/queue/simple': [{ name: 'crb_10.7.7.7', target: '10.7.7.7/32', comment: 'ossia:7' }],
  };
  const box = await startBox(state);
  const hooks = ['user_add', 'user_drop', 'user_accept', 'user_rate_set', 'user_info', 'user_get_mac', 'user_del'];
  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, async (userId, login, list) => {
      const account = { user_id: `x${userId}`, login, ip: '10.1.2.3', auth_type: '1', rate_in: '1', rate_out: '2' };
      const options = { lists: { blocked: `b${list}`, auth: `a${list}` } };
      for (const hook of hooks) {
        const before = box.taken.length;
        const { outcome } = await box.run(hook, { account, options });
        expect(outcome, hook).toBe('done');
        for (const command of box.taken.slice(before)) {
          expect(command).toMatch(/^\/(ip\/firewall\/address-list|queue\/simple)\/(add|set|remove) /);
        }
        if (hook === 'user_drop') {
          const entries = (box.simulator.state() as typeof state)['/ip/firewall/address-list'];
          expect(entries).toContainEqual({ list: `b${list}`, address: '10.1.2.3', comment: `ossia:x${userId}` });
          expect(entries).toHaveLength(3);
        }
      }
      expect(box.simulator.state()).toEqual(state);
    }),
    { numRuns: 40 },
  );
});

test('what another tool adds at the same moment is no failure', async () => {
  const box = await startBox({});
  const runs = Array.from({ length: 20 }, () => box.run('user_drop', { account: alice, options: {} }));
  for (const { outcome, reason } of await Promise.all(runs)) expect([outcome, reason]).toEqual(['done', '']);
  expect(box.taken.filter((command) => command.includes('/add')).length).toBeGreaterThan(1);
  expect(box.simulator.state()).toEqual({
    '/ip/firewall/address-list': [{ list: 'crb_blocked', address: '10.1.2.3', comment: 'ossia:1001' }],
  });
});

test('listSessions lists PPP, hotspot and DHCP sessions in the words of accounting, and not those without it', async () => {
  const state = {
    '/ppp/active': [
      {
        name: 'алиса',
        address: '100.64.0.7',
        'caller-id': 'AA:BB:CC:00:00:01',
        uptime: '1w2d3h4m5s',
        'session-id': '0x81100001',
      },
      { name: 'bob', address: '100.64.0.8', uptime: '2d03:04:05', 'session-id': '0x81100002', radius: 'true' },
      { name: 'local', address: '100.64.0.9', uptime: '1s', 'session-id': '0x81100003', radius: 'false' },
    ],
    '/ip/hotspot/active': [{ user: 'eve', address: '10.5.0.2', 'mac-address': 'AA:BB:CC:00:00:02', uptime: '9s' }],
    '/ip/dhcp-server/lease': [
      { 'active-address': '10.6.0.2', 'active-mac-address': 'AA:BB:CC:00:00:03', status: 'bound', radius: 'true' },
      { 'active-address': '10.6.0.3', 'active-mac-address': 'AA:BB:CC:00:00:04', status: 'bound', radius: 'false' },
      { address: '10.6.0.4', 'mac-address': 'AA:BB:CC:00:00:05', status: 'waiting', radius: 'true' },
    ],
  };
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const section = simulator.transports['routeros'];
  const { device, close } = inProcessDevice([{ definition: routeros as TransportDefinition, section }]);
  onTestFinished(close);
  const week = 7 * 86_400;
  expect((await allRows(plugin.listSessions?.(device, { options: {} }))).rows).toEqual([
    {
      acctSessionId: '81100001',
      userName: 'алиса',
      framedIp: '100.64.0.7',
      callingStationId: 'AA:BB:CC:00:00:01',
      uptime: week + 2 * 86_400 + 3 * 3600 + 4 * 60 + 5,
    },
    {
      acctSessionId: '81100002',
      userName: 'bob',
      framedIp: '100.64.0.8',
      callingStationId: '',
      uptime: 2 * 86_400 + 3 * 3600 + 4 * 60 + 5,
    },
    { acctSessionId: '', userName: 'eve', framedIp: '10.5.0.2', callingStationId: 'AA:BB:CC:00:00:02', uptime: 9 },
    { acctSessionId: '', userName: '', framedIp: '10.6.0.2', callingStationId: 'AA:BB:CC:00:00:03', uptime: 0 },
  ]);
});

// The linux plugin on its simulated router, beyond its cases: several hooks in a row, hostile values, lists, the schema of its options.

import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { Simulator } from '#core/plugin-sdk/simulator.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { allRows, answerOf } from '#test/support/all-rows.ts';
import { type InProcessOptions, inProcessDevice } from '#test/support/in-process-device.ts';
import type { LinuxOptions } from '../../../plugins/linux/options.ts';
import plugin from '../../../plugins/linux/plugin.ts';
import { pppPeers } from '../../../plugins/linux/router-output.ts';
import { startSimulator } from '../../../plugins/linux/simulator.ts';

interface Box {
  readonly simulator: Simulator;
  readonly taken: string[];
  run(
    hook: string,
    input: { readonly account: Account; readonly options: LinuxOptions },
  ): Promise<{ outcome: string; value: unknown; reason: string }>;
}

async function startBox(state: unknown, options: InProcessOptions = {}): Promise<Box> {
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const taken: string[] = [];
  simulator.onExchange(({ received }) => taken.push(received));
  const definition = sshTransport as TransportDefinition;
  const { device, close } = inProcessDevice([{ definition, section: simulator.transports['ssh'] }], options);
  onTestFinished(close);
  return {
    simulator,
    taken,
    async run(hook, { account, options: profileOptions }) {
      const around = { attempt: 1, token: 'job-1', deadline: Date.now() + 10_000, log: () => undefined };
      const input = { account, options: profileOptions, hook, dryRun: options.dryRun ?? false, ...around };
      try {
        return { outcome: 'done', value: (await answerOf(plugin.hooks[hook]?.(input, device))) ?? null, reason: '' };
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

test('the schema of plugin.json takes no wrong options', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../../plugins/linux/plugin.json', import.meta.url), 'utf8'));
  const validate = new Ajv2020({ strict: true }).compile(manifest.options);
  for (const wrong of [
    {},
    { ...options, customers: ['lan"; drop'] },
    { ...options, portals: { blocked: 'x' } },
    { ...options, x: 1 },
  ])
    expect(validate(wrong)).toBe(false);
});

const options: LinuxOptions = {
  customers: ['lan'],
  uplinks: ['wan'],
  portals: { blocked: '10.0.0.2:8080' },
  pools: ['10.1.0.0/16'],
};
const alice = { user_id: '1001', login: 'Алиса', ip: '10.1.2.3', auth_type: '6' };

test('a subscriber who is added and deleted leaves nothing on the router but its ruleset', async () => {
  const box = await startBox({});
  const account = { ...alice, rate_in: '1000', rate_out: '2000' };
  for (const hook of ['user_add', 'user_auth', 'user_rate_set', 'user_drop', 'user_redirect', 'own_disabled'])
    expect(await box.run(hook, { account, options })).toMatchObject({ outcome: 'done' });
  expect(await box.run('user_del', { account, options })).toMatchObject({ outcome: 'done' });
  const root = { '1:ffff': 'parent root rate 10000000kbit quantum 15140' };
  expect(box.simulator.state()).toEqual({ ruleset: 'present', shaping: { lan: root, wan: root } });
});

test('a dry run sends nothing that changes the router, and shows all of it', async () => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const before = simulator.state();
  const definition = sshTransport as TransportDefinition;
  const { device, close, exchanges } = inProcessDevice([{ definition, section: simulator.transports['ssh'] }], {
    dryRun: true,
  });
  onTestFinished(close);
  const around = { attempt: 1, token: 'job-1', deadline: Date.now() + 10_000, log: () => undefined };
  await plugin.hooks['user_drop']?.({ account: alice, options, hook: 'user_drop', dryRun: true, ...around }, device);
  expect(simulator.state()).toEqual(before);
  expect(exchanges.map(({ kind, text }) => [kind, text.split('\n').at(-2)])).toEqual([
    ['recorded', 'add element inet ossia blocked { 10.1.2.3 }'],
  ]);
});

test('no value changes the shape of what is sent', async () => {
  const box = await startBox({});
  await box.run('user_add', { account: alice, options });
  const shape = async (hook: string, account: Record<string, string>) => {
    const from = box.taken.length;
    const { outcome } = await box.run(hook, { account, options });
    return { outcome, shape: box.taken.slice(from).map((text) => text.split(/[;\n]|&&/).length) };
  };
  const wanted = await shape('user_add', alice);
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.constantFrom(
      '$(reboot)',
      '`id`',
      "'; reboot; '",
      '"\nflush ruleset\n"',
      'Иванов',
      'я'.repeat(5_000),
      '10.1.2.3 }',
      '\0',
    ),
  );
  await fc.assert(
    fc.asyncProperty(hostile, async (value) => {
      expect(await shape('user_add', { ...alice, user_id: value, login: value, mac: value, psw: value })).toEqual(
        wanted,
      );
      const rate = await shape('user_rate_set', { ...alice, rate_in: value, rate_out: '1' });
      if (!/^\d{1,9}$/.test(value)) expect(rate).toEqual({ outcome: 'refused', shape: [] });
      expect(await shape('user_drop', { ...alice, ip: `${value}x` })).toEqual({ outcome: 'refused', shape: [] });
    }),
    { numRuns: 60 },
  );
});

test('PPP sessions are listed by their addresses where the profile says so, the own uplink left out', async () => {
  const simulator = await startSimulator({
    state: { peers: { ppp0: '10.1.2.3', ppp1: '10.1.2.4', ppp9: '10.9.9.9' } },
  });
  onTestFinished(() => simulator.close());
  const definition = sshTransport as TransportDefinition;
  const { device, close } = inProcessDevice([{ definition, section: simulator.transports['ssh'] }]);
  onTestFinished(close);
  const list = async (more: Partial<LinuxOptions>) =>
    (await allRows(plugin.listSessions?.(device, { options: { ...options, ...more } }))).rows;

  const nameless = { acctSessionId: '', userName: '', callingStationId: '', uptime: 0 };
  expect(await list({ sessions: 'ppp', uplinks: ['wan', 'ppp9'] })).toEqual([
    { ...nameless, framedIp: '10.1.2.3' },
    { ...nameless, framedIp: '10.1.2.4' },
  ]);
  await expect(list({})).rejects.toMatchObject({ verdict: 'unsupported' });
});

test('what is no list of interfaces is no list of sessions', () => {
  for (const printed of ['', '[]', '{}', '[{"ifname":"ppp0"', 'null']) expect(() => pppPeers(printed)).toThrow();
  // iproute2 prints empty objects for what it filtered out.
  expect(pppPeers('[{},{"ifname":"lo","link_type":"loopback","addr_info":[]},{"ifname":"ppp0"}]')).toEqual([]);
});

test('what the simulated router does not know it refuses as a real one does', async () => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const definition = sshTransport as TransportDefinition;
  const { device, close } = inProcessDevice([{ definition, section: simulator.transports['ssh'] }]);
  onTestFinished(close);
  const exits = async (command: string, stdin = '') => {
    const okCodes = Array.from({ length: 256 }, (_, code) => code);
    return (await device.ssh.read(command, { stdin, okCodes })).exitCode;
  };
  expect(await exits('reboot')).toBe(127);
  expect(await exits('constructor')).toBe(127);
  expect(await exits('nft -f -', 'add element inet ossia users { 10.1.2.3 }\n')).toBe(1);
  expect(await exits('nft -f -', 'add table inet ossia\nnonsense\n')).toBe(1);
  expect(await exits('nft -j list table inet ossia')).toBe(1);
  expect(await exits('tc class replace dev lan parent 1:ffff classid 1:5 htb rate 8kbit')).toBe(2);
  expect(await exits('tc class show dev nosuch0')).toBe(1);
  expect(await exits('ping -n -c 1 -W 1 10.1.2.3')).toBe(1);
});

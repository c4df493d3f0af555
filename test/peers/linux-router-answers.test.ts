// The linux plugin against a real Linux router: what it reads there, what it refuses, and that the simulated router is like the real one.
import { describe, expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { CommandResult } from '#core/plugin-sdk/device.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import { answerOf } from '#test/support/all-rows.ts';
import { type InProcessDevice, inProcessDevice } from '#test/support/in-process-device.ts';
import { places } from '#test/support/linux-router.ts';
import { alice, linuxScene, options } from '#test/support/linux-scene.ts';
import type { LinuxOptions } from '../../plugins/linux/options.ts';
import linux from '../../plugins/linux/plugin.ts';
import { startSimulator } from '../../plugins/linux/simulator.ts';

const scene = linuxScene();
const { fire, fireAll, held } = scene;

describe('reading', () => {
  test('the router tells what it holds, measures and knows of the account', async () => {
    await fireAll('user_add', 'user_auth', 'user_redirect');
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '100000' });
    await scene.box().client('ping', '-c', '1', '-W', '1', '-I', places.subscriber, places.gateway);
    const mac = /link\/ether (\S+)/.exec((await scene.box().client('ip', 'link', 'show', 'eth0')).stdout)?.[1];
    expect(await fire('user_get_mac')).toMatchObject({ mac, interface: 'lan' });
    expect(await fire('user_test')).toMatchObject({ ip: alice['ip'], sent: 3, received: 3 });
    expect(await fire('user_info')).toMatchObject({
      ...{ ip: alice['ip'], exists: true, accept: true, redirect: true, own_disabled: false, logged: true },
      shaping: [
        { interface: 'wan', rate_kbit: 2000, ceil_kbit: 2000 },
        { interface: 'lan', rate_kbit: 100_000, ceil_kbit: 100_000 },
      ],
      neighbour: { mac },
    });
    expect(await fire('users_from_nas')).toEqual([
      {
        ...{ ip: alice['ip'], login: '', user_id: '1001', accept: true, redirect: true },
        ...{ own_disabled: false, logged: true, rate: { rate_in: 2000, rate_out: 100_000 }, snatip: null },
      },
    ]);
  });

  test('an account that nobody answers for is told as such', async () => {
    const absent = { ...alice, ip: '10.77.3.3' };
    expect(await fire('user_test', absent, { ...options, ping_count: 1 })).toMatchObject({ sent: 1, received: 0 });
    expect(await fire('user_get_mac', absent)).toEqual({ mac: '', interface: '', state: '' });
    expect(await fire('user_info', absent)).toMatchObject({
      exists: false,
      logged: false,
      shaping: [],
      neighbour: null,
    });
    expect(await fire('users_from_nas')).toEqual([]);
  });

  test('the uptime is that of the machine', async () => {
    const before = Number((await scene.box().router('cut', '-d ', '-f1', '/proc/uptime')).stdout);
    expect(await linux.uptime?.(scene.connected().device, { options })).toBeGreaterThanOrEqual(before);
  });

  test('who is at the other end of its PPP interfaces, and nobody else, has a session', async () => {
    // The kernel of a test has no PPP: an interface of that name with a peer's address has the same in iproute2's list.
    const router = scene.box().router;
    await router('ip', 'link', 'add', 'ppp7', 'type', 'veth', 'peer', 'name', 'other7');
    try {
      await router('ip', 'addr', 'add', '10.0.0.1', 'peer', '10.1.2.3', 'dev', 'ppp7');
      await router('ip', 'addr', 'add', '10.8.0.1', 'peer', '10.8.0.2', 'dev', 'other7');
      const nameless = { acctSessionId: '', userName: '', callingStationId: '', uptime: 0 };
      const list = (more: Partial<LinuxOptions>) =>
        linux.listSessions?.(scene.connected().device, { options: { ...options, sessions: 'ppp', ...more } });
      expect(await list({})).toEqual([{ ...nameless, framedIp: '10.1.2.3' }]);
      expect(await list({ uplinks: ['wan', 'ppp7'] })).toEqual([]);
    } finally {
      await router('ip', 'link', 'del', 'ppp7');
    }
  });

  test('the self-test names the versions', async () => {
    expect(await linux.selfTest?.(scene.connected().device, { options })).toMatchObject({
      nft: expect.stringContaining('nftables v'),
      tc: expect.stringContaining('iproute2'),
    });
  });
});

test('the simulated router answers, refuses and ends up as the real one does', async () => {
  const simulator = await startSimulator();
  const simulated = inProcessDevice([{ definition: sshTransport, section: simulator.transports['ssh'] }]);
  const input = { options, attempt: 1, token: 't', deadline: Date.now() + 60_000, dryRun: false, log: () => undefined };
  const rates = { rate_in: '2000', rate_out: '4000' };
  const bob = { ...alice, user_id: '1002', ip: places.neighbour, auth_type: '1' };
  const steps: readonly (readonly [string, Account, LinuxOptions?])[] = [
    ['users_from_nas', alice],
    ['user_del', alice],
    ['user_rate_set', { ...alice, ...rates }],
    ['user_add', { ...alice, ...rates }],
    ['user_add', bob],
    ['user_drop', alice],
    ['user_redirect', bob],
    ['user_rate_set', { ...bob, ...rates }],
    ['user_rate_set', { ...bob, ...rates }, { ...options, customers: ['nosuch0'] }],
    ['user_rate_set', { ...bob, rate_in: '0', rate_out: '9000' }],
    ['user_del', { ...alice, user_id: '7' }],
    ['users_from_nas', alice],
    ['user_rate_set_cancel', alice],
    ['user_del', alice],
    ['user_disconnect', bob],
    ['users_from_nas', alice],
  ];
  try {
    for (const [hook, account, profile = options] of steps) {
      const run = async (device: InProcessDevice['device']) => {
        try {
          const given = { ...input, account, hook, options: profile };
          return { value: (await answerOf(linux.hooks[hook]?.(given, device))) ?? null };
        } catch (error) {
          const { verdict, code, said } = error as { verdict?: string; code?: string; said?: string };
          return { verdict, code, said };
        }
      };
      expect(await run(simulated.device), hook).toEqual(await run(scene.connected().device));
    }
  } finally {
    await simulated.close();
    await simulator.close();
  }
});

describe('refusing', () => {
  test('an interface that is not there is refused in the words of the router', async () => {
    await fire('user_add');
    const wrong = { ...options, customers: ['nosuch0'] };
    const call = fire('user_rate_set', { ...alice, rate_in: '1', rate_out: '1' }, wrong);
    await expect(call).rejects.toMatchObject({ code: 'nas_refused', said: expect.stringContaining('nosuch0') });
  });

  test('hostile values change neither the shape of a command nor the router', async () => {
    await fire('user_add');
    const before = await held();
    const hostile = [
      '$(touch /tmp/x)',
      '`id`',
      "'; reboot; '",
      '"\n} ; flush ruleset',
      'Иванов',
      'я'.repeat(5_000),
      '10.77.0.10 }',
    ];
    for (const value of hostile) {
      for (const hook of [
        'user_add',
        'user_drop',
        'user_del',
        'user_rate_set',
        'user_info',
        'user_test',
        'user_get_mac',
      ])
        await expect(fire(hook, { ...alice, ip: value, rate_in: '1', rate_out: '1' })).rejects.toMatchObject({
          verdict: 'refuse',
        });
      await expect(fire('user_rate_set', { ...alice, rate_in: value, rate_out: '1' })).rejects.toMatchObject({
        verdict: 'refuse',
      });
    }
    expect(await held()).toBe(before);
    for (const value of hostile) {
      await fire('user_add', { ...alice, user_id: value, login: value, mac: value, psw: value });
      expect((await held()).split('\n').length).toBe(before.split('\n').length);
    }
    const { stdout } = (await scene.connected().device.ssh.read('nft list table inet ossia')) as CommandResult;
    expect(stdout).toContain('elements = { 10.77.0.10 comment');
  });
});

// The linux plugin against a real Linux router: a real client's ping, pages and throughput change as hooks run.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { CommandResult } from '#core/plugin-sdk/device.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import { type InProcessDevice, inProcessDevice } from '#test/support/in-process-device.ts';
import { type LinuxRouter, places, startLinuxRouter } from '#test/support/linux-router.ts';
import type { Ran } from '#test/support/netns.ts';
import { until } from '#test/support/until.ts';
import type { LinuxOptions } from '../../plugins/linux/options.ts';
import linux from '../../plugins/linux/plugin.ts';
import { startSimulator } from '../../plugins/linux/simulator.ts';

let box: LinuxRouter;
let connected: InProcessDevice;

const options: LinuxOptions = {
  customers: ['lan'],
  uplinks: ['wan'],
  portals: {
    blocked: `${places.portal}:${places.blockedPort}`,
    no_balance: `${places.portal}:${places.noBalancePort}`,
  },
  allowed: [places.allowed],
  pools: ['10.99.0.0/24', '10.77.0.0/17'],
};
const alice: Account = { user_id: '1001', login: 'Алиса', ip: places.subscriber, auth_type: '6', nas_ip: '10.0.0.1' };

beforeAll(async () => {
  box = await startLinuxRouter();
  const { host, port, user, privateKey, fingerprint } = box.ssh;
  const section = { host, port, user, private_key: privateKey, host_key: fingerprint };
  connected = inProcessDevice([{ definition: sshTransport, section }]);
});
afterAll(async () => {
  await connected?.close();
  await box?.close();
});
beforeEach(async () => {
  await box.router('nft', 'flush', 'ruleset');
  await box.router('sh', '-c', 'tc qdisc del dev lan root; tc qdisc del dev wan root; true');
});

async function fire(hook: string, account: Account = alice, profile: LinuxOptions = options): Promise<unknown> {
  const run = linux.hooks[hook];
  if (!run) throw new Error(`no hook ${hook}`);
  const input = {
    account,
    options: profile,
    hook,
    attempt: 1,
    token: 't',
    deadline: Date.now() + 10_000,
    dryRun: false,
  };
  return run({ ...input, log: () => undefined }, connected.device);
}

async function fireAll(...hooks: readonly string[]): Promise<void> {
  for (const hook of hooks) await fire(hook);
}

async function pings(from: string = places.subscriber, to: string = places.web): Promise<boolean> {
  return (await box.client('ping', '-n', '-c', '1', '-W', '1', '-I', from, to)).code === 0;
}

/** The page, or the reason why there is none. */
async function page(host: string = places.web, from: string = places.subscriber): Promise<string> {
  const { code, stdout } = await box.client('curl', '-sS', '--interface', from, '-m', '3', `http://${host}/`);
  return code === 0 ? stdout : code === 28 ? 'silence' : code === 7 ? 'refused' : `curl ${code}`;
}

/** Mbit/s. */
async function throughput(direction: 'upload' | 'download', from: string = places.subscriber): Promise<number> {
  const reverse = direction === 'download' ? ['-R'] : [];
  const { stdout } = await transfer({ seconds: 2, from, more: reverse });
  const sum = (JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received;
  return sum.bits_per_second / 1e6;
}

let iperfPort = 5300;

/** A server of its own each time: one whose client was cut off stays busy with it. */
async function transfer({ seconds, from, more = [] }: Transfer): Promise<Ran> {
  const port = String(iperfPort++);
  box.namespaces.start('s', ['iperf3', '-s', '-1', '-B', places.web, '-p', port]);
  await until(async () => (await box.server('ss', '-ltnH')).stdout.includes(`:${port} `), 5_000, 20);
  return box.client('iperf3', '-J', '-t', String(seconds), '-B', from, '-c', places.web, '-p', port, ...more);
}

interface Transfer {
  readonly seconds: number;
  readonly from: string;
  readonly more?: readonly string[];
}

async function held(): Promise<string> {
  const table = await box.router('nft', '-s', 'list', 'table', 'inet', 'ossia');
  const classes = await box.router('sh', '-c', 'tc class show dev lan; tc class show dev wan');
  return table.stdout + classes.stdout;
}

describe('access', () => {
  test('a ping passes only when the account is there, not blocked, paid for and logged in', async () => {
    expect(await pings()).toBe(true);
    await fire('user_add', { ...alice, user_id: '9', ip: places.neighbour });
    expect(await pings()).toBe(false);
    await fire('user_add');
    expect(await pings()).toBe(false);
    await fireAll('user_accept', 'user_auth');
    expect(await pings()).toBe(true);
    for (const [off, on] of [
      ['user_drop', 'user_accept'],
      ['user_redirect', 'user_redirect_cancel'],
      ['own_disabled', 'own_disabled_cancel'],
      ['user_disconnect', 'user_auth'],
    ] as const) {
      await fire(off);
      expect([off, await pings()]).toEqual([off, false]);
      await fire(on);
      expect([on, await pings()]).toEqual([on, true]);
    }
    expect(await pings(places.neighbour)).toBe(false);
    await fire('user_del');
    expect(await pings()).toBe(false);
  });

  test('an account that is authorised by its address needs no login', async () => {
    await fire('user_add', { ...alice, auth_type: '1' });
    expect(await pings()).toBe(true);
  });

  test('without require_login nobody needs one', async () => {
    await fire('user_add', alice, { ...options, require_login: false });
    expect(await pings()).toBe(true);
  });

  test('who is blocked or out of balance sees the page for that, and is refused at once elsewhere', async () => {
    await fireAll('user_add', 'user_auth');
    expect(await page()).toBe('the internet');
    await fire('user_redirect');
    expect(await page()).toBe('Пополните баланс');
    await fire('user_drop');
    expect(await page()).toBe('Вы заблокированы');
    expect(await page(`${places.web}:81`)).toBe('refused');
    expect(await page(places.allowed)).toBe('the payment page');
    await fireAll('user_accept', 'user_redirect_cancel');
    expect(await page()).toBe('the internet');
    await fire('user_del');
    expect(await page()).toBe('silence');
  });

  test('a transfer that runs stops when the account is blocked', async () => {
    await fireAll('user_add', 'user_auth');
    const begun = Date.now();
    const sentNow = async () => Number(/bytes (\d+)/.exec((await box.router('nft', 'list', 'counters')).stdout)?.[1]);
    await box.router(
      'nft',
      'add table inet probe; add counter inet probe seen; add chain inet probe f { type filter hook forward priority 9; }; add rule inet probe f counter name seen',
    );
    const running = transfer({ seconds: 15, from: places.subscriber });
    await until(async () => (await sentNow()) > 1_000_000, 5_000, 20);
    await fire('user_drop');
    const { stdout } = await running;
    expect(stdout).toContain('error');
    expect(Date.now() - begun).toBeLessThan(12_000);
  });

  test('IPv6 is left alone, and controlled with the option', async () => {
    const six = { ...alice, ip: places.subscriber6 };
    await fire('user_add');
    expect(await pings(places.subscriber6, places.web6)).toBe(true);
    await expect(fire('user_add', six)).rejects.toMatchObject({ verdict: 'refuse' });
    const both = { ...options, ipv6: true, pools: ['10.77.0.0/17', 'fd77::/112'] };
    await fire('user_add', alice, both);
    expect(await pings(places.subscriber6, places.web6)).toBe(false);
    await fire('user_add', six, both);
    await fire('user_auth', six, both);
    expect(await pings(places.subscriber6, places.web6)).toBe(true);
    await fire('user_drop', six, both);
    expect(await pings(places.subscriber6, places.web6)).toBe(false);
    await fire('user_rate_set', { ...six, rate_in: '100', rate_out: '100' }, both);
    expect(await fire('user_info', six, both)).toMatchObject({ ip: 'fd77::10', accept: false, exists: true });
  });
});

describe('speed', () => {
  const faster: Account = { ...alice, rate_in: '8000', rate_out: '16000' };

  test('throughput follows user_rate_set in each direction, and only that of the account', async () => {
    await fireAll('user_add', 'user_auth');
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour, auth_type: '1' });
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '4000' });
    const slow = { up: await throughput('upload'), down: await throughput('download') };
    await fire('user_rate_set', faster);
    const fast = { up: await throughput('upload'), down: await throughput('download') };
    const other = await throughput('download', places.neighbour);
    await fire('user_rate_set_cancel');
    const free = await throughput('download');
    console.info('Mbit/s', { slow, fast, other, free });
    expect(slow.up).toBeGreaterThan(1.6);
    expect(slow.up).toBeLessThan(2.3);
    expect(slow.down).toBeGreaterThan(3.2);
    expect(slow.down).toBeLessThan(4.4);
    expect(fast.up).toBeGreaterThan(6.8);
    expect(fast.up).toBeLessThan(8.5);
    expect(fast.down).toBeGreaterThan(13.5);
    expect(fast.down).toBeLessThan(16.8);
    expect(other).toBeGreaterThan(50);
    expect(free).toBeGreaterThan(50);
  });

  test('a ceiling above the rate is borrowed, and a rate of 0 is no limit', async () => {
    await fireAll('user_add', 'user_auth');
    await fire('user_rate_set', { ...alice, rate_in: '0', rate_out: '1000', ceil_out: '6000' });
    const down = await throughput('download');
    expect(down).toBeGreaterThan(4.8);
    expect(down).toBeLessThan(6.5);
    expect(await throughput('upload')).toBeGreaterThan(50);
  });
});

describe('repeating', () => {
  test('each hook run twice leaves what it left the first time', async () => {
    await fireAll('user_add', 'user_auth');
    const account = { ...alice, rate_in: '2000', rate_out: '4000' };
    const hooks = [
      ...[
        'user_add',
        'user_accept',
        'user_auth',
        'user_rate_set',
        'user_edit',
        'own_disabled',
        'user_redirect',
        'user_drop',
      ],
      ...['user_disconnect', 'user_rate_set_cancel', 'own_disabled_cancel', 'user_redirect_cancel', 'user_del'],
    ];
    for (const hook of hooks) {
      await fire(hook, account);
      const once = await held();
      await fire(hook, account);
      expect(await held(), hook).toBe(once);
    }
  });

  test('user_del removes every trace, whatever was there', async () => {
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour });
    const before = await held();
    await fireAll('user_add', 'user_auth', 'user_drop', 'user_redirect', 'own_disabled');
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '4000' });
    expect(await held()).not.toBe(before);
    await fire('user_del');
    expect((await held()).replace(/class htb 1:ffff .*\n/g, '')).toBe(before.replace(/class htb 1:ffff .*\n/g, ''));
  });

  test('user_del spares an address that another account has meanwhile', async () => {
    await fire('user_add');
    await fire('user_add', { ...alice, user_id: 'Боб' });
    await expect(fire('user_del')).rejects.toMatchObject({ verdict: 'gone', message: expect.stringContaining('Боб') });
    expect(await fire('users_from_nas')).toMatchObject([{ ip: alice['ip'], user_id: 'Боб', exists: true }]);
  });

  test('a router that lost everything, or has the rules of other options, is set up again by the next hook', async () => {
    await fireAll('user_add', 'user_auth');
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour }, { ...options, require_login: false });
    expect([await pings(), await pings(places.neighbour)]).toEqual([true, true]);
    await fire('user_edit');
    await fire('user_auth');
    expect([await pings(), await pings(places.neighbour)]).toEqual([true, false]);
    await box.router('nft', 'flush', 'ruleset');
    await fireAll('user_add', 'user_auth');
    expect([await pings(), await pings(places.neighbour)]).toEqual([true, false]);
  });

  test('a router that is set up takes one command per hook', async () => {
    await fire('user_add');
    const sent = () => connected.exchanges.filter(({ kind }) => kind === 'sent').length;
    const before = sent();
    await fireAll('user_auth', 'user_drop', 'user_accept');
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '4000' });
    await fire('user_rate_set_cancel');
    expect(sent() - before).toBe(5);
  });

  test('many accounts at once on a fresh router all get what they should', async () => {
    const accounts = Array.from({ length: 24 }, (_, index) => ({
      ...alice,
      user_id: String(index),
      ip: `10.77.1.${index + 1}`,
      rate_in: '1000',
      rate_out: String(1000 + index),
    }));
    await Promise.all(accounts.flatMap((account) => [fire('user_add', account), fire('user_rate_set', account)]));
    const users = (await fire('users_from_nas')) as { ip: string; exists: boolean; rate_out: number }[];
    expect(users).toHaveLength(24);
    expect(users.every(({ exists }) => exists)).toBe(true);
    expect(users.map(({ rate_out }) => rate_out).sort()).toEqual(accounts.map(({ rate_out }) => Number(rate_out)));
  });
});

describe('reading', () => {
  test('the router tells what it holds, measures and knows of the account', async () => {
    await fireAll('user_add', 'user_auth', 'user_redirect');
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '100000' });
    await box.client('ping', '-c', '1', '-W', '1', '-I', places.subscriber, places.gateway);
    const mac = /link\/ether (\S+)/.exec((await box.client('ip', 'link', 'show', 'eth0')).stdout)?.[1];
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
        ...{ ip: alice['ip'], user_id: '1001', exists: true, accept: true, redirect: true },
        ...{ own_disabled: false, logged: true, rate_in: 2000, rate_out: 100_000 },
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

  test('the self-test names the versions', async () => {
    expect(await linux.selfTest?.(connected.device, { options })).toMatchObject({
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
          return { value: (await linux.hooks[hook]?.({ ...input, account, hook, options: profile }, device)) ?? null };
        } catch (error) {
          const { verdict, code, said } = error as { verdict?: string; code?: string; said?: string };
          return { verdict, code, said };
        }
      };
      expect(await run(simulated.device), hook).toEqual(await run(connected.device));
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
    const { stdout } = (await connected.device.ssh.read('nft list table inet ossia')) as CommandResult;
    expect(stdout).toContain('elements = { 10.77.0.10 comment');
  });
});

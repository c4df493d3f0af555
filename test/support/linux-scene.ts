// A real Linux router with the plugin in front of it, and a subscriber behind it who pings, reads pages and transfers.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Account } from '#core/model/account.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import { answerOf } from '#test/support/all-rows.ts';
import { type InProcessDevice, inProcessDevice } from '#test/support/in-process-device.ts';
import { type LinuxRouter, places, startLinuxRouter } from '#test/support/linux-router.ts';
import type { Ran } from '#test/support/netns.ts';
import { until } from '#test/support/until.ts';
import type { LinuxOptions } from '../../plugins/linux/options.ts';
import linux from '../../plugins/linux/plugin.ts';

export const options: LinuxOptions = {
  customers: ['lan'],
  uplinks: ['wan'],
  portals: {
    blocked: `${places.portal}:${places.blockedPort}`,
    no_balance: `${places.portal}:${places.noBalancePort}`,
  },
  allowed: [places.allowed],
  pools: ['10.99.0.0/24', '10.77.0.0/17'],
};
export const alice: Account = {
  user_id: '1001',
  login: 'Алиса',
  ip: places.subscriber,
  auth_type: '6',
  nas_ip: '10.0.0.1',
};

interface Transfer {
  readonly seconds: number;
  readonly from: string;
  readonly more?: readonly string[];
}

/** Registers its own opening and closing with the test file; every test begins with an empty router. */
export function linuxScene() {
  let box: LinuxRouter;
  let connected: InProcessDevice;
  let iperfPort = 5300;

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
    return answerOf(run({ ...input, log: () => undefined }, connected.device));
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

  /** A server of its own each time: one whose client was cut off stays busy with it. */
  async function transfer({ seconds, from, more = [] }: Transfer): Promise<Ran> {
    const port = String(iperfPort++);
    box.namespaces.start('s', ['iperf3', '-s', '-1', '-B', places.web, '-p', port]);
    await until(async () => (await box.server('ss', '-ltnH')).stdout.includes(`:${port} `), 5_000, 20);
    return box.client('iperf3', '-J', '-t', String(seconds), '-B', from, '-c', places.web, '-p', port, ...more);
  }

  async function held(): Promise<string> {
    const table = await box.router('nft', '-s', 'list', 'table', 'inet', 'ossia');
    const classes = await box.router('sh', '-c', 'tc class show dev lan; tc class show dev wan');
    return table.stdout + classes.stdout;
  }

  return {
    box: () => box,
    connected: () => connected,
    fire,
    fireAll,
    pings,
    page,
    throughput,
    transfer,
    held,
  };
}

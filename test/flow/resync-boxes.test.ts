// The whole daemon brings simulated boxes back to what their accounts should have, from nothing and from damage, through the real plugins.
import { expect, onTestFinished, test } from 'vitest';
import type { Simulator } from '#core/plugin-sdk/simulator.ts';
import { createSite, type DaemonProcess, type Site } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { startSimulator as startLinux } from '../../plugins/linux/simulator.ts';
import { startSimulator as startMikrotik } from '../../plugins/mikrotik/simulator.ts';

type Rows = readonly Readonly<Record<string, string>>[];

const account = (id: string, more: Readonly<Record<string, string>>) => ({
  user_id: id,
  login: `абонент${id}`,
  nas_ip: '10.0.0.1',
  ...more,
});
/** One of each kind, and one who has nothing of what can be had. */
const everybody = {
  radius: account('1', { ip: '10.1.0.1', auth_type: '6', snatip: '203.0.113.5' }),
  byAddress: account('2', { ip: '10.1.0.2', auth_type: '1' }),
  web: account('3', { ip: '10.1.0.3', auth_type: '5', snatip: '203.0.113.6' }),
  plain: account('4', { ip: '10.1.0.4', auth_type: '5' }),
};
const rates = { rate_in: '5000', rate_out: '20000' };

const history: readonly (readonly [hook: string, who: Readonly<Record<string, string>>])[] = [
  ...Object.values(everybody).map((who) => ['user_add', who] as const),
  ...Object.values(everybody).map((who) => ['user_accept', who] as const),
  ['user_rate_set', { ...everybody.radius, ...rates }],
  ['user_auth', everybody.radius],
  ['user_redirect', everybody.radius],
  ['user_drop', everybody.byAddress],
  ['user_rate_set', { ...everybody.byAddress, ...rates, rate_in: '0' }],
  ['user_auth', everybody.web],
  ['own_disabled', everybody.web],
  ['own_disabled_cancel', everybody.web],
  ['own_disabled', everybody.plain],
  ['own_disabled_cancel', everybody.plain],
];

interface Box {
  readonly plugin: string;
  readonly options: object;
  readonly start: (state?: unknown) => Promise<Simulator>;
  /** The same for boxes that hold the same. */
  readonly held: (simulator: Simulator) => unknown;
  /** Holds one whom nobody knows, since an empty list is not believed. */
  readonly fresh: unknown;
  /** Takes something from everybody, adds what nobody should have, and one whom nobody knows. */
  readonly damaged: (state: unknown) => unknown;
  /** What each account then misses. */
  readonly broken: Readonly<Record<string, readonly string[]>>;
}

const sorted = (rows: Rows = []) => rows.map((row) => JSON.stringify(row)).sort();

const stranger = { list: 'crb_auth', address: '10.1.0.9', comment: 'ossia:незнакомец' };

const mikrotik: Box = {
  plugin: 'mikrotik',
  options: {},
  broken: { 1: ['accept', 'logged', 'rate', 'snatip'], 2: ['exists'], 3: ['snatip'], 4: ['own_disabled', 'snatip'] },
  fresh: { '/ip/firewall/address-list': [stranger] },
  start: (state) => startMikrotik({ state }),
  held: (simulator) =>
    Object.entries(simulator.state() as Record<string, Rows>)
      .map(([menu, rows]) => [menu, ...sorted(rows)])
      .sort(),
  damaged(state) {
    const lists = (state as Record<string, Rows>)['/ip/firewall/address-list'] ?? [];
    const queues = (state as Record<string, Rows>)['/queue/simple'] ?? [];
    const [first, second] = (state as Record<string, Rows>)['/ip/firewall/nat'] ?? [];
    return {
      '/ip/firewall/address-list': [
        ...lists.slice(2),
        { list: 'crb_blocked', address: '10.1.0.1', comment: 'ossia:1' },
        { list: 'crb_own_disabled', address: '10.1.0.4', comment: 'ossia:4' },
        stranger,
      ],
      // Another address for one, none for one, and one for whom none is meant.
      '/ip/firewall/nat': [
        { ...first, 'to-addresses': '203.0.113.6' },
        { ...second, disabled: 'true' },
        { ...first, 'src-address': '10.1.0.4', comment: 'ossia:4' },
      ],
      '/queue/simple': queues.map((row, at) => (at === 0 ? { ...row, 'max-limit': '1000/1000' } : row)),
    };
  },
};

interface LinuxState {
  readonly sets: Readonly<Record<string, readonly string[]>>;
  readonly owners: Readonly<Record<string, string>>;
  readonly classes: Readonly<Record<string, string>>;
  readonly snatips: Readonly<Record<string, string>>;
}

const owners9 = { '10.1.0.9': encodeURIComponent('незнакомец') };

const linux: Box = {
  plugin: 'linux',
  options: {
    customers: ['lan'],
    uplinks: ['wan'],
    portals: { blocked: '10.0.0.2:8080' },
    pools: ['10.1.0.0/16'],
  },
  broken: { 1: ['redirect', 'rate', 'snatip'], 2: ['exists'], 3: ['exists'], 4: ['accept', 'snatip'] },
  fresh: { ruleset: 'present', sets: { users: ['10.1.0.9'] }, owners: owners9 },
  start: (state) => startLinux({ state }),
  held(simulator) {
    const { sets, owners, classes, ...rest } = simulator.state() as LinuxState;
    const plain = Object.entries(sets).map(([name, addresses]) => [name, ...addresses.toSorted()]);
    return { sets: plain.sort(), owners, classes, ...rest };
  },
  damaged(state) {
    const { sets, owners, classes, ...rest } = state as LinuxState;
    const { '10.1.0.1': _, ...otherClasses } = classes;
    return {
      ...rest,
      sets: {
        ...sets,
        users: [...(sets['users'] ?? []).filter((ip) => ip !== '10.1.0.3'), '10.1.0.9'],
        online: (sets['online'] ?? []).filter((ip) => ip !== '10.1.0.2'),
        blocked: ['10.1.0.4'],
        no_balance: [],
      },
      owners: { ...owners, ...owners9 },
      classes: otherClasses,
      snatips: { '10.1.0.1': '203.0.113.6', '10.1.0.4': '203.0.113.5' },
    };
  },
};

function show(site: Site, box: Box, simulator: Simulator): void {
  site.profile('bras-1', {
    plugin: box.plugin,
    match: { nas_ip: '10.0.0.1' },
    transports: simulator.transports,
    options: box.options,
    limits: { rate: 'unlimited' },
    resync: { rate: 'unlimited', most_missing: 1, most_removed: 1 },
  });
}

async function settled(daemon: DaemonProcess): Promise<void> {
  await until(async () => {
    const { body } = await daemon.call('GET', '/v1/jobs?limit=1000');
    const { jobs } = body as { jobs: { state: string; reason: string }[] };
    const bad = jobs.find(({ state }) => state === 'refused' || state === 'dead');
    if (bad) throw new Error(JSON.stringify(bad));
    return jobs.every(({ state }) => state === 'done' || state === 'superseded');
  }, 30_000);
}

async function resync(daemon: DaemonProcess): Promise<Record<string, number>> {
  const { body } = await daemon.call('POST', '/v1/nas/bras-1/resync', {});
  const { id } = body as { id: string };
  const run = async () =>
    (await daemon.call('GET', `/v1/resyncs/${id}?wait=true`)).body as {
      state: string;
      reason: string;
      counts: Record<string, number>;
    };
  await until(async () => ['done', 'refused', 'asks'].includes((await run()).state), 30_000);
  const ended = await run();
  expect(ended).toMatchObject({ state: 'done' });
  await settled(daemon);
  return ended.counts;
}

/** By account: what differs from what its box says when it is asked. */
async function differing(daemon: DaemonProcess): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { user_id } of Object.values(everybody)) {
    const { body } = await daemon.call('GET', `/v1/accounts/${user_id}?actual=true`);
    const { actual, state } = body as { actual: unknown; state: { key: string; differs: boolean }[] };
    expect(actual).toMatchObject({ result: 'read' });
    found[user_id] = state.filter(({ differs }) => differs).map(({ key }) => key);
  }
  return found;
}

test.each([mikrotik, linux])(
  '$plugin: from next to nothing, from damage, and then nothing is to be done',
  async (box) => {
    const site = createSite();
    onTestFinished(() => site.close());
    const open = async (state?: unknown) => {
      const simulator = await box.start(state);
      onTestFinished(() => simulator.close());
      show(site, box, simulator);
      return simulator;
    };
    const first = await open();
    const daemon = await site.start();
    await until(async () => (await daemon.call('GET', '/v1/nas/bras-1')).status === 200);
    const replaced = (count: number) =>
      until(() => daemon.log.filter(({ msg }) => msg === 'profile replaced').length === count);
    for (const [hook, who] of history) await daemon.fire({ id: `${hook}-${who['user_id']}`, hook, account: who });
    await settled(daemon);
    const wanted = box.held(first);
    expect(await resync(daemon)).toMatchObject({ add: 0, change: 0, remove: 0 });

    const fresh = await open(box.fresh);
    await replaced(1);
    await resync(daemon);
    expect(box.held(fresh)).toEqual(wanted);

    const damaged = await open(box.damaged(first.state()));
    await replaced(2);
    expect(box.held(damaged)).not.toEqual(wanted);
    expect(await differing(daemon)).toEqual(box.broken);
    const counts = await resync(daemon);
    expect(counts).toMatchObject({ remove: 1 });
    expect(box.held(damaged)).toEqual(wanted);
    expect(await differing(daemon)).toEqual({ 1: [], 2: [], 3: [], 4: [] });
    expect(await resync(daemon)).toMatchObject({ add: 0, change: 0, remove: 0 });
  },
  90_000,
);

// A running daemon with healthy boxes under live load and one hostile profile for each attack, all in the same worker at first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LiveLoad, startLiveLoad } from '#test/support/live-load.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { childrenOf, residentMegabytes } from '#test/support/sandbox-workers.ts';
import { createSite, type DaemonProcess, type Site } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

export interface JobAnswer {
  readonly id: string;
  readonly state: string;
  readonly code: string;
  readonly reason: string;
  readonly user_id: string;
  readonly attempt: number;
  readonly journal: readonly { readonly kind: string; readonly at: string; readonly text: string }[];
}

export interface HostileSite {
  readonly site: Site;
  readonly daemon: DaemonProcess;
  readonly load: LiveLoad;
  /** Megabytes that the daemon and its workers hold. */
  resident(): number;
  /** Has the hostile profile of this name run one of its functions, and waits until that job has ended. */
  attack(name: string, account?: Readonly<Record<string, string>>): Promise<JobAnswer>;
  /** Has it run the function in a hook that reads, and gives the API's answer. */
  look(
    name: string,
    account?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** The operator leaves the job out; then the same profile does something good. Milliseconds by the daemon's own clock. */
  recovery(name: string, job: JobAnswer): Promise<number>;
  /** The author saves a plugin that does no harm any more; waits until this job of it is done. Milliseconds since its profile was replaced. */
  mended(name: string, job: JobAnswer): Promise<number>;
  /** Sends nothing more to the healthy boxes and waits until all that was sent is done. */
  finish(): Promise<void>;
  /** Lets the live load go on for so long. */
  seconds(count: number): Promise<void>;
  close(): Promise<void>;
}

interface Given {
  /** A function's body for each attack; it sees `input`, `account` and `device`. */
  readonly attacks: Readonly<Record<string, string>>;
  /** Stands on top of the hostile plugin. */
  readonly before?: string;
  readonly hooks?: string;
  readonly limits?: Readonly<Record<string, unknown>>;
  /** What each hostile profile has besides or instead, for instance secrets. */
  readonly profile?: (name: string, site: Site) => Readonly<Record<string, unknown>>;
  /** The daemon's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const ended = ['done', 'parked', 'refused', 'dead', 'skipped'];
const perSecond = 40;
const healthyBoxes = 4;

export async function openHostileSite({
  attacks,
  before = '',
  hooks = '',
  limits,
  profile,
  env = {},
}: Given): Promise<HostileSite> {
  const site = createSite({ plugins: 'plugins', retry: { first: '100ms' } });
  const load = await startLiveLoad({ boxes: healthyBoxes, perSecond });
  const plugins = join(site.directory, 'plugins');
  writeProbePlugin(plugins);
  writeHostilePlugin(plugins, { attacks, before, hooks });
  const coaOf = (box: number) => {
    const { port, secret } = load.boxes[box] as (typeof load.boxes)[number];
    return { host: '127.0.0.1', port, secret: site.secret('coa', secret) };
  };
  load.boxes.forEach((_, box) => {
    site.profile(`healthy-${box}`, {
      plugin: 'probe',
      match: { nas_ip: load.nasIp(box) },
      transports: { coa: coaOf(box) },
      limits: { rate: 'unlimited', concurrency: 16 },
    });
  });
  const names = Object.keys(attacks);
  const hostileIp = (name: string): string => `10.6.${names.indexOf(name) >> 8}.${names.indexOf(name) % 256}`;
  for (const name of names)
    site.profile(`hostile-${names.indexOf(name)}`, {
      plugin: 'hostile',
      match: { nas_ip: hostileIp(name) },
      transports: { coa: coaOf(0) },
      limits: { deadline: '5s', attempts: 2, rate: 'unlimited', calls: 100, log_lines: 20, ...limits },
      ...profile?.(name, site),
    });
  const daemon = await site.start(env);
  let fired = 0;

  async function job(id: string): Promise<JobAnswer> {
    return (await daemon.call('GET', `/v1/jobs/${id}`)).body as JobAnswer;
  }

  async function fire(name: string, account: Readonly<Record<string, string>>): Promise<JobAnswer> {
    const user_id = `hostile-${fired++}`;
    const event = { hook: 'user_edit', account: { login: 'враг', ...account, user_id, nas_ip: hostileIp(name) } };
    const [answer] = (await daemon.fire(event)) as { jobs: string[] }[];
    const [id] = answer?.jobs ?? [];
    if (id === undefined) throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    return until(async () => {
      const found = await job(id);
      return ended.includes(found.state) && found;
    }, 60_000);
  }

  const endedAt = ({ journal }: JobAnswer): number =>
    Math.max(...journal.filter(({ kind }) => kind === 'outcome').map(({ at }) => Date.parse(at)));

  const { nas: profiles } = (await daemon.call('GET', '/v1/nas')).body as { nas: { name: string; problem: string }[] };
  const refused = profiles.filter(({ problem }) => problem !== '').map(({ name, problem }) => `${name}: ${problem}`);
  if (refused.length > 0) throw new Error(refused.slice(0, 2).join('\n'));
  /** Jobs of the healthy boxes that have not ended well. */
  async function unwell(): Promise<JobAnswer[]> {
    const states = 'waiting,running,retrying,parked,refused,dead,skipped';
    const lists = await Promise.all(
      load.boxes.map((_, box) => daemon.call('GET', `/v1/jobs?nas=healthy-${box}&state=${states}&limit=1000`)),
    );
    return lists.flatMap(({ body }) => (body as { jobs: JobAnswer[] }).jobs);
  }

  load.phase('before');
  load.drive(daemon);
  await until(() => load.sent() >= 3 * perSecond, 20_000);

  return {
    site,
    daemon,
    load,
    resident: () => [daemon.pid, ...childrenOf(daemon.pid)].reduce((sum, pid) => sum + residentMegabytes(pid), 0),
    attack: (name, account = {}) => fire(name, { ...account, attack: name }),
    async look(name, account = {}) {
      const { user_id } = await fire(name, { ...account, attack: '', look: name });
      return daemon.call('POST', `/v1/accounts/${user_id}/diagnostics/user_info`);
    },
    async recovery(name, bad) {
      if (bad.state === 'parked') await daemon.call('POST', `/v1/jobs/${bad.id}/skip`, { reason: 'hostile' });
      const good = await fire(name, { attack: '' });
      if (good.state !== 'done') throw new Error(`${name}: the call after it is ${good.state}: ${good.reason}`);
      return endedAt(good) - endedAt(bad);
    },
    async mended(name, { id }) {
      const harmless = Object.fromEntries(names.map((one) => [one, 'return null;']));
      writeHostilePlugin(plugins, { attacks: harmless, before, hooks });
      const done = await until(async () => {
        const found = await job(id);
        return found.state === 'done' && found;
      }, 30_000);
      const nas = `hostile-${names.indexOf(name)}`;
      const replaced = daemon.log.findLast((line) => line['nas'] === nas && line['msg'] === 'profile replaced');
      return endedAt(done) - Date.parse(String(replaced?.['time']));
    },
    async seconds(count) {
      const goal = load.sent() + count * perSecond;
      await until(() => load.sent() >= goal, 30_000);
    },
    async finish() {
      await load.finish().catch(async (error: Error) => {
        const jobs = (await unwell()).map(({ id, state, reason }) => `${id} ${state}: ${reason}`);
        throw new Error(`${error.message}\n${jobs.slice(0, 5).join('\n')}`);
      });
      await until(async () => (await unwell()).length === 0, 20_000);
    },
    async close() {
      await load.close();
      await site.close();
    },
  };
}

function writeHostilePlugin(
  plugins: string,
  { attacks, before, hooks }: Required<Pick<Given, 'attacks' | 'before' | 'hooks'>>,
) {
  const bodies = Object.entries(attacks).map(
    ([name, body]) => `  ${JSON.stringify(name)}: async (input, device, account) => {\n${body}\n  },`,
  );
  const source = `import { definePlugin, refuse } from '#plugin-sdk';
${before}
const attacks = {
${bodies.join('\n')}
};

export default definePlugin({
  hooks: {
    user_edit(input, device) {
      const { account } = input;
      return account.attack ? attacks[account.attack](input, device, account) : null;
    },
    user_info: (input, device) => attacks[input.account.look](input, device, input.account),
${hooks}
  },
});
`;
  const manifest = {
    name: 'hostile',
    version: '1.0.0',
    api: '^1',
    summary: 'Means harm.',
    transports: { coa: ['*'] },
    options: { type: 'object' },
  };
  mkdirSync(join(plugins, 'hostile'), { recursive: true });
  writeFileSync(join(plugins, 'hostile/plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(plugins, 'hostile/plugin.ts'), source);
}

// `npm run demo [-- --stay]`: the real daemon, three simulated boxes, and a subscriber's life as it happens.
import { parseArgs } from 'node:util';
import { accountingRequest, openAccountingClient } from '#test/support/accounting-client.ts';
import { createSite, type DaemonProcess, type Site } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { type Boxes, radiusSecret, startBoxes } from './boxes.ts';
import { createScreen } from './screen.ts';
import { type Step, story, subscriber } from './story.ts';

interface Job {
  readonly id: string;
  readonly hook: string;
  readonly state: string;
  readonly reason: string;
  readonly nas: string;
}

const { values } = parseArgs({ options: { stay: { type: 'boolean', default: false } } });
const screen = createScreen(process.stdout);
// In a container the system may forbid the walls; what is shown here does not hang on them.
const site = createSite({ accounting: { host: '127.0.0.1', port: 0 }, sandbox: { walls: 'available' } });
const tally = { events: 0, packets: 0, exchanges: 0, failed: 0 };
const shown = new Set<string>();
const stopping = Promise.withResolvers<'stopped'>();
let boxes: Boxes | undefined;
let identifier = 0;

// Ctrl-C, or a pager that was closed: whatever was started is ended and tidied away.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.resolve('stopped'));
process.stdout.on('error', () => stopping.resolve('stopped'));

let end: 'played' | 'stopped' = 'stopped';
try {
  end = await Promise.race([perform(), stopping.promise]);
  if (end === 'played' && values.stay) await stopping.promise;
} finally {
  await boxes?.close();
  await site.close();
}
const code = tally.failed > 0 ? 1 : end === 'played' ? 0 : 130;
process.stdout.write('', () => process.exit(code));

async function perform(): Promise<'played'> {
  boxes = await startBoxes(site);
  const daemon = await site.start();
  introduce(daemon, boxes);
  for (const { name, simulator } of boxes.all) {
    simulator.onExchange(({ received, answered }) => {
      tally.exchanges++;
      screen.told(name, received, answered);
    });
  }
  for (const scene of story) {
    screen.title(scene.title);
    for (const step of scene.steps) await play(step, { daemon, boxes });
  }
  await sumUp(daemon, boxes);
  if (values.stay) invite(daemon, site);
  else await daemon.signal('SIGTERM');
  return 'played';
}

function introduce(daemon: DaemonProcess, { all }: Boxes): void {
  screen.line('Ossia demo: the daemon on its defaults, three simulated boxes, one subscriber.');
  screen.line(`  daemon   ${daemon.url}, accounting on UDP ${daemon.accountingPort}`);
  for (const { name, kind, nasIp } of all) screen.line(`  ${name.padEnd(8)} ${kind}, the billing calls it ${nasIp}`);
  screen.line('  →  what a box is told        ←  what it answers');
}

async function play(
  step: Step,
  { daemon, boxes: { all, dialIn } }: { daemon: DaemonProcess; boxes: Boxes },
): Promise<void> {
  if (step.type === 'dial') return dialIn(subscriber.login, step.session);
  const nasIp = all.find(({ name }) => name === step.nas)?.nasIp ?? '';
  if (step.type === 'accounting') {
    screen.event('RADIUS', `Accounting-Request ${step.status} User-Name="${subscriber.login}" from ${step.nas}`);
    await account(daemon, { ...step, nasIp });
    tally.packets++;
  } else {
    const rate =
      step.more?.['rate_in'] === undefined ? '' : ` rate_in=${step.more['rate_in']} rate_out=${step.more['rate_out']}`;
    screen.event(
      'billing',
      `${step.hook} user_id=${subscriber.user_id} login=${subscriber.login} nas_ip=${nasIp}${rate}`,
    );
    await daemon.fire({ hook: step.hook, account: { ...subscriber, nas_ip: nasIp, ...step.more } });
    tally.events++;
  }
  await settled(daemon);
}

/** A NAS's accounting packet over real UDP, from the address that its profile names; the answer means that it is on disk. */
async function account(
  daemon: DaemonProcess,
  { status, session, nasIp }: { status: string; session: string; nasIp: string },
): Promise<void> {
  const client = await openAccountingClient(daemon.accountingPort, '127.0.0.1', `127.0.0.${nasIp.at(-1)}`);
  const statusType = { Start: 1, Stop: 2, 'Interim-Update': 3 }[status] ?? 1;
  const attributes = [
    [40, statusType],
    [44, session],
    [1, subscriber.login],
    [4, Buffer.from(nasIp.split('.').map(Number))],
    [8, Buffer.from(subscriber.ip.split('.').map(Number))],
    [31, subscriber.mac],
    ...(status === 'Stop'
      ? ([
          [49, 1],
          [46, 3600],
        ] as const)
      : []),
  ] as const;
  client.send(accountingRequest({ attributes, identifier: ++identifier, secret: Buffer.from(radiusSecret) }));
  await until(() => client.received.length > 0, 5_000);
  screen.event('RADIUS', 'Accounting-Response');
  await client.close();
}

/** Waits until nothing is under way, then says how the new jobs ended. */
async function settled(daemon: DaemonProcess): Promise<void> {
  const jobs = await until(async () => {
    const { body } = await daemon.call('GET', '/v1/jobs?limit=200');
    const list = (body as { jobs: Job[] }).jobs;
    return list.every(({ state }) => !['waiting', 'running', 'retrying'].includes(state)) && list;
  }, 30_000);
  for (const job of jobs.toReversed()) {
    if (shown.has(job.id)) continue;
    shown.add(job.id);
    const isGood = job.state === 'done';
    if (!isGood) tally.failed++;
    screen.outcome(
      isGood,
      `job ${job.id} ${job.hook} on ${job.nas}${isGood ? '' : `: ${job.state}`}${job.reason === '' ? '' : `: ${job.reason}`}`,
    );
  }
}

async function sumUp(daemon: DaemonProcess, { all }: Boxes): Promise<void> {
  const { body } = await daemon.call('GET', '/v1/jobs?limit=200');
  const jobs = (body as { jobs: Job[] }).jobs;
  screen.title('Summary');
  screen.line(
    `  ${tally.events} billing events and ${tally.packets} accounting packets became ${jobs.length} jobs: ${jobs.length - tally.failed} done, ${tally.failed} not.`,
  );
  screen.line(`  The boxes were told ${tally.exchanges} things. What is left of the subscriber on them:`);
  for (const { name, simulator } of all) {
    const left = JSON.stringify(simulator.state()).includes(subscriber.ip);
    if (left) tally.failed++;
    screen.line(`  ${name.padEnd(8)} ${left ? `STILL THERE: ${JSON.stringify(simulator.state())}` : 'nothing'}`);
  }
}

function invite(daemon: DaemonProcess, { directory }: Site): void {
  screen.title('The daemon and the boxes go on. Try, in another terminal:');
  const config = `--config ${directory}/ossia.yaml`;
  screen.line(`  npm run -s ossia -- nas ${config}`);
  screen.line(`  npm run -s ossia -- jobs ${config}`);
  screen.line(`  npm run -s ossia -- jobs show ${[...shown].at(-1)} ${config}`);
  screen.line(
    `  npm run -s ossia -- fire user_drop --user_id 1001 --login иванов --ip 10.1.2.3 --auth_type 1 --nas_ip 10.0.0.1 ${config}`,
  );
  screen.line(`  curl ${daemon.url}/v1/jobs`);
  screen.line('Ctrl-C ends it.');
}

// Load beside a slow disk, and kill -9 in the middle of it: answers come late, never before their sync, and never falsely.
import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { accountingRequest } from '#test/support/accounting-client.ts';
import { startCoaBox } from '#test/support/coa-box.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { buildSlowDisk, type SlowDisk } from '#test/support/slow-disk.ts';
import { until } from '#test/support/until.ts';

const syncMs = 150;
const repeatMs = 100;
const lives = 24;
const kills = 2;
/** Start, three updates, Stop. */
const statuses = [1, 3, 3, 3, 2] as const;
const secret = 'testing123';

interface Asked {
  readonly firstSent: bigint;
  sent: number;
  /** Of every answer, the first one's time, and all its bytes in hex. */
  answeredAt: bigint | undefined;
  readonly answers: Set<string>;
}

interface Nas {
  /** Undefined while the daemon is away. */
  port: number | undefined;
  readonly asked: Map<string, Asked>;
  readonly done: Promise<unknown>;
  answered(): number;
}

/** Every session sends its packets in order, each again and again until it is answered, as boxes do. */
function startNas(run: string): Nas {
  const asked = new Map<string, Asked>();
  const nas: { port: number | undefined } = { port: undefined };
  const second = Math.floor(Date.now() / 1000) + 30;
  const live = async (n: number): Promise<void> => {
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    const waiting = new Map<number, Asked>();
    socket.on('message', (response) => {
      const packet = waiting.get(response[1] as number);
      packet?.answers.add(response.toString('hex'));
      if (packet !== undefined) packet.answeredAt ??= process.hrtime.bigint();
    });
    for (const [phase, status] of statuses.entries()) {
      const id = `${run}-${n}`;
      const request = accountingRequest({
        identifier: phase,
        secret: Buffer.from(secret),
        attributes: [
          [40, status],
          [44, id],
          [1, `абонент-${n}`],
          [4, Buffer.from([10, 0, 0, 1])],
          [55, second + phase],
          [46, phase],
          [42, phase],
        ],
      });
      const packet: Asked = { firstSent: process.hrtime.bigint(), sent: 0, answeredAt: undefined, answers: new Set() };
      waiting.set(phase, packet);
      asked.set(`${id}/${phase}`, packet);
      while (packet.answeredAt === undefined) {
        if (nas.port !== undefined) {
          packet.sent++;
          socket.send(request, nas.port, '127.0.0.1');
        }
        await until(() => packet.answeredAt !== undefined, repeatMs, 5).catch(() => {});
      }
    }
  };
  const done = Promise.all(Array.from({ length: lives }, (_, n) => live(n)));
  const answered = () => [...asked.values()].filter(({ answeredAt }) => answeredAt !== undefined).length;
  return Object.assign(nas, { asked, done, answered });
}

interface Told {
  readonly id: string;
  readonly firstSent: bigint;
  answeredAt: bigint | undefined;
}

async function world() {
  const box = await startCoaBox(() => true);
  onTestFinished(() => box.close());
  const site = createSite();
  onTestFinished(() => site.close());
  site.profile('bras', {
    plugin: 'generic-coa',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
    radius: { secret: site.secret('acct', secret), addresses: '127.0.0.1' },
    options: {
      hooks: { user_auth: [{ coa: { 'Filter-Id': 'on' } }], user_edit: [{ coa: { 'Filter-Id': '{step}' } }] },
    },
  });
  return { site, disk: buildSlowDisk(site.directory, syncMs) };
}

/** One event after the other; what was not answered is sent again under its id. */
async function streamEvents(daemon: DaemonProcess, events: Told[]): Promise<void> {
  for (;;) {
    let event = events.at(-1);
    if (event === undefined || event.answeredAt !== undefined) {
      event = { id: `событие-${events.length}`, firstSent: process.hrtime.bigint(), answeredAt: undefined };
      events.push(event);
    }
    const account = { user_id: 'u1', login: 'алиса', nas_ip: '10.0.0.1', step: event.id };
    const answer = await daemon
      .call('POST', '/v1/events', { id: event.id, hook: 'user_edit', account })
      .catch(() => undefined);
    if (answer === undefined) return;
    expect(answer.status).toBe(202);
    event.answeredAt = process.hrtime.bigint();
  }
}

/** Of what was answered: not one sync that began after it was first asked had ended by then. */
function answeredTooSoon(
  disk: SlowDisk,
  all: Iterable<readonly [string, { firstSent: bigint; answeredAt: bigint | undefined }]>,
) {
  const syncs = disk.syncs();
  return [...all].flatMap(([name, { firstSent, answeredAt }]) => {
    if (answeredAt === undefined) return [];
    return syncs.some(({ began, ended }) => began >= firstSent && ended <= answeredAt) ? [] : [name];
  });
}

interface Listed {
  readonly sessions: readonly {
    readonly acct_session_id: string;
    readonly input_octets: number;
    readonly state: string;
  }[];
}

async function sessionsOf(daemon: DaemonProcess): Promise<Listed['sessions']> {
  return ((await daemon.call('GET', '/v1/sessions?state=any&limit=500')).body as Listed).sessions;
}

test('accounting and events beside a slow disk, killed twice: late, and all of what was answered is there once', {
  timeout: 180_000,
}, async () => {
  const { site, disk } = await world();
  const known = Array.from({ length: lives }, (_, n) => ({
    user_id: String(n),
    login: `абонент-${n}`,
    nas_ip: '10.0.0.1',
  }));
  const first = await site.start();
  await first.fire(...known.map((account) => ({ hook: 'user_add', account })));
  expect(await first.signal('SIGTERM')).toBe(0);

  const nas = startNas('ж');
  const events: Told[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    const daemon = await site.start(disk.env);
    const streaming = streamEvents(daemon, events);
    nas.port = daemon.accountingPort;
    const enough = (lives * statuses.length * kill) / (kills + 1);
    await until(() => nas.answered() >= enough, 60_000);
    await daemon.signal('SIGKILL');
    nas.port = undefined;
    await streaming;
    expect(answeredTooSoon(disk, nas.asked)).toEqual([]);

    // Whoever reads it after this finds what was answered.
    const reader = await site.start();
    const octets = new Map((await sessionsOf(reader)).map((each) => [each.acct_session_id, each.input_octets]));
    const lost = [...nas.asked].filter(([name, { answeredAt }]) => {
      const [id = '', phase] = name.split('/');
      return answeredAt !== undefined && (octets.get(id) ?? -1) < Number(phase);
    });
    expect(lost.map(([name]) => name)).toEqual([]);
    expect(await reader.signal('SIGTERM')).toBe(0);
  }

  const last = await site.start(disk.env);
  nas.port = last.accountingPort;
  await nas.done;
  await last.signal('SIGKILL');
  expect(answeredTooSoon(disk, nas.asked)).toEqual([]);
  expect(
    answeredTooSoon(
      disk,
      events.map((event) => [event.id, event] as const),
    ),
  ).toEqual([]);
  expect([...nas.asked].filter(([, { answers }]) => answers.size !== 1)).toEqual([]);
  // The disk was slow indeed: boxes had to repeat.
  expect([...nas.asked.values()].filter(({ sent }) => sent > 1).length).toBeGreaterThan(lives);

  const again = await site.start();
  const sessions = await sessionsOf(again);
  expect(
    sessions.map(({ acct_session_id, input_octets, state }) => [acct_session_id, input_octets, state]).sort(),
  ).toEqual(Array.from({ length: lives }, (_, n) => [`ж-${n}`, statuses.length - 1, 'closed']).sort());
  const { body } = await again.call('GET', '/v1/jobs?hook=user_auth&limit=500');
  const logins = (body as { jobs: { login: string }[] }).jobs.map(({ login }) => login);
  expect(logins.sort()).toEqual(known.map(({ login }) => login).sort());
  const taken = (await again.call('GET', '/v1/jobs?hook=user_edit&limit=500')).body as { jobs: { event: string }[] };
  const takenIds = taken.jobs.map(({ event }) => event);
  expect(new Set(takenIds).size).toBe(takenIds.length);
  expect(takenIds).toEqual(expect.arrayContaining(events.flatMap(({ id, answeredAt }) => (answeredAt ? [id] : []))));
  expect(events.length).toBeGreaterThan(kills);
  await again.signal('SIGTERM');
});

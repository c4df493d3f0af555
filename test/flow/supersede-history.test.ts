// Random histories through queue and dispatch over the real store: whatever dies, is lost or refused on the way, every box ends as the
// events say, no lane is out of order, and nothing that was superseded runs.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type Account, laneOf, nasKeyOf, nasRefOf } from '#core/model/account.ts';
import { endedStates } from '#core/model/job.ts';
import { type State, settledBy } from '#core/model/state.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { accountAt, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { after, simulatedBox, subjectOf } from '#test/support/simulated-box.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const boxes = ['10.0.0.1', '10.0.0.2'];
const users = ['1', '2'];
const box = fc.constantFrom(...boxes);

const step = fc.oneof(
  {
    weight: 25,
    arbitrary: fc.record({
      type: fc.constant('fire' as const),
      box,
      user: fc.constantFrom(...users),
      hook: fc.oneof(
        {
          weight: 12,
          arbitrary: fc.constantFrom(
            ...['user_drop', 'user_accept', 'user_redirect', 'user_redirect_cancel', 'user_auth', 'user_disconnect'],
            ...['user_rate_set', 'user_rate_set_cancel', 'own_disabled', 'own_disabled_cancel'],
          ),
        },
        { weight: 2, arbitrary: fc.constantFrom('usluga_activated', 'usluga_deactivated', 'user_edit') },
        { weight: 1, arbitrary: fc.constantFrom('user_add', 'user_del') },
      ),
      rate: fc.constantFrom('512', '1024', '2048'),
      ip: fc.constantFrom(...Array(7).fill('10.1.1.1'), '10.1.1.2'),
      session: fc.constantFrom('', '', 'a', 'b'),
      background: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('die' as const), box }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('live' as const), box }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('lose' as const), box, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('refuse' as const), box }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('retry' as const), nth: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const), box }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const), broken: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 15 }) }) },
);
type Stage = Awaited<ReturnType<typeof startStage>>;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs one history to its end, with every box back; gives what there is to judge. */
async function play(steps: readonly Step[]) {
  const dir = tempDir();
  const directory = scriptedDirectory();
  const simulated = new Map(boxes.map((ip) => [ip, simulatedBox()]));
  for (const [ip, { run }] of simulated)
    directory.add(ip, ip, run, { breakerFailures: 3, breakerProbeMs: 5 }, { ratePerSecond: 5000 });
  const boxOf = (ip: string) => simulated.get(ip) ?? simulatedBox();
  const ran = () => [...simulated.values()].flatMap(({ runs }) => runs);
  /** By box and account as the box tells it apart; and by lane, for the marks. */
  const told = new Map<string, { readonly ip: string; readonly subject: string; readonly state: State }>();
  const marks = new Map<string, State>();
  const retried = new Set<string>();
  /** How often each had run when it was superseded. */
  const ranBefore = new Map<string, number>();
  const timesRan = (id: string) => ran().filter(({ jobId }) => jobId === id).length;
  const writes: Promise<unknown>[] = [];

  const open = async () => {
    const opened = await startStage(directory, dir);
    opened.queue.onChange(({ id, state }) => {
      if (state === 'superseded') ranBefore.set(id, timesRan(id));
    });
    return opened;
  };
  let stage = await open();
  const jobs = async () => [...(await stage.store.jobs({ limit: 10_000 }))].reverse();

  for (const item of steps) {
    if (item.type === 'fire') {
      const more = { ip: item.ip, acct_session_id: item.session, usluga_id: '7', rate_in: item.rate, rate_out: '64' };
      const account = accountAt(item.user, item.box, more);
      const event = { hook: item.hook, account };
      const key = `${item.box} ${subjectOf(account)}`;
      told.set(key, {
        ip: item.box,
        subject: subjectOf(account),
        state: after(told.get(key)?.state ?? {}, event),
      });
      const lane = laneOf(account);
      const settled = settledBy(catalogue.get(item.hook)?.settles ?? null, account);
      marks.set(lane, settled['exists'] === 'false' ? settled : { ...marks.get(lane), ...settled });
      writes.push(item.background ? behind(stage, event) : stage.fire(item.hook, account));
    } else if (item.type === 'die') boxOf(item.box).setAlive(false);
    else if (item.type === 'live') boxOf(item.box).setAlive(true);
    else if (item.type === 'lose') boxOf(item.box).loseAnswers(item.count);
    else if (item.type === 'refuse') boxOf(item.box).refuse(1);
    else if (item.type === 'wait') await new Promise((resolve) => setTimeout(resolve, item.ms));
    else if (item.type === 'pause') await stage.pauses.pause(`nas:${item.box}`, { by: 'test', reason: 'обед' });
    else if (item.type === 'resume') await stage.pauses.resume(`nas:${item.box}`, 'test');
    else if (item.type === 'retry') {
      await Promise.all(writes);
      const bad = (await jobs()).filter(({ state }) => state === 'refused' || state === 'dead');
      const chosen = bad[item.nth % Math.max(1, bad.length)];
      if (chosen === undefined) continue;
      retried.add(chosen.id);
      // Something newer of its lane may run at this moment, and settle the same.
      await stage.queue.retry(chosen.id, 'test').catch((error) => expect(error).toMatchObject({ code: 'conflict' }));
    } else if (item.type === 'restart') {
      await Promise.all(writes);
      if (item.broken) breakOff(stage);
      await stage.stop();
      stage = await open();
    }
  }
  await Promise.all(writes);
  for (const { setAlive } of simulated.values()) setAlive(true);
  for (const ip of boxes) await stage.pauses.resume(`nas:${ip}`, 'test');
  await vi.waitFor(async () => expect((await jobs()).filter(({ state }) => !endedStates.has(state))).toEqual([]), {
    timeout: 20_000,
    interval: 5,
  });
  return { stage, boxOf, ran, told, marks, retried, ranBefore, timesRan, jobs: await jobs() };
}

let lastBehind = 0;
/** As a resync hands it on. */
function behind({ queue }: Stage, { hook, account }: { readonly hook: string; readonly account: Account }) {
  const draft = { hook, account, lane: laneOf(account), nasKey: nasKeyOf(nasRefOf(account)), background: true };
  const event = { id: `behind-${++lastBehind}`, hook, account, occurredAt: '', source: 'resync' };
  return queue.accept(event, [draft]);
}

/** From now on nothing comes to disk, as when the machine lost its power. */
function breakOff({ store, queue }: Stage): void {
  store.write = () => Promise.reject(new Error('no power'));
  queue.close();
}

/** Retried after what followed them, these undo it: that is what was asked for then. */
const lastWords = new Set(['user_add', 'user_del', 'user_auth', 'user_disconnect']);
const seen = { superseded: 0, tried: 0, refused: 0 };

test('every box ends as the events say, in order, and nothing superseded runs', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
      const { stage, boxOf, ran, told, marks, retried, ranBefore, timesRan, jobs } = await play(steps);
      const applied = new Map<string, State>();
      for (const user of users)
        for (const [ip, made] of await stage.store.applied(user))
          applied.set(
            `${user}@${ip}`,
            mapValues(made, ({ value = '' }) => value),
          );
      const superseded = jobs.filter(({ state }) => state === 'superseded');
      const notes = await Promise.all(superseded.map(({ id }) => stage.store.journal(id)));
      await stage.stop();

      const bad = jobs.filter(({ state }) => state === 'refused' || state === 'dead');
      const refused = boxes.flatMap((ip) => boxOf(ip).refused);
      const unsure = new Set([
        ...bad.map(({ lane }) => lane),
        ...refused.filter(({ hook }) => lastWords.has(hook)).map(({ account }) => laneOf(account)),
      ]);
      for (const { ip, subject, state } of told.values())
        if (!unsure.has(`${subject.split(' ')[0]}@${ip}`)) expect(boxOf(ip).stateOf(subject)).toEqual(state);
      const refusedLanes = new Set(refused.map(({ account }) => laneOf(account)));
      for (const [lane, state] of marks)
        if (!unsure.has(lane) && !refusedLanes.has(lane)) expect(applied.get(lane) ?? {}).toEqual(state);

      expect(boxes.map((ip) => boxOf(ip).overlaps())).toEqual([0, 0]);
      for (const runs of Map.groupBy(ran(), ({ account }) => laneOf(account)).values()) {
        const ids = runs.filter(({ jobId }) => !retried.has(jobId)).map(({ jobId }) => Number(jobId));
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
      }
      for (const [id, times] of ranBefore) expect(timesRan(id)).toBe(times);
      for (const [index, { id, reason, attempt }] of superseded.entries()) {
        const newer = Number(/^superseded by job (\d+) /.exec(reason)?.[1]);
        expect(newer).toBeGreaterThan(Number(id));
        expect(notes[index]?.at(-1)?.text).toContain(`superseded by job ${newer} `);
        if (attempt > 0) seen.tried++;
      }
      seen.superseded += superseded.length;
      seen.refused += refused.length;
    }),
    { numRuns: 20, endOnFailure: true },
  );
  // The histories were worth it.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});

function mapValues<From, To>(of: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, to(value)]));
}

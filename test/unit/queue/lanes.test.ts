// Lanes in memory: what is left of a lane however its jobs come in, that long lanes cost no more than short ones, and who is ready first.
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { Job } from '#core/model/job.ts';
import { createLanes } from '#core/queue/lanes.ts';
import { type Superseding, supersedingBy } from '#core/queue/superseding.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { accountAt } from '#test/support/scripted-nas.ts';

const plain = supersedingBy(catalogue);
const nasKey = '10.0.0.1';

function open(rules: Superseding = plain) {
  const lanes = createLanes({ clock: Date.now, rules, isFree: () => true, onReady: () => {} });
  onTestFinished(lanes.close);
  return lanes;
}

function jobOf(id: number, hook: string, { more = {}, user = 1, background = false }: Details = {}): Job {
  return {
    id: String(id),
    eventId: `e${id}`,
    lane: `${user}@${nasKey}`,
    nasKey,
    hook,
    account: accountAt(user, nasKey, more),
    background,
    state: 'waiting',
    attempt: 0,
    failures: 0,
    notBefore: 0,
    reason: '',
    code: '',
    createdAt: 0,
    updatedAt: 0,
  };
}
interface Details {
  readonly more?: Account;
  readonly user?: number;
  readonly background?: boolean;
}

const told = fc.record({
  hook: fc.constantFrom(
    ...['user_add', 'user_del', 'user_edit', 'user_drop', 'user_accept', 'user_redirect', 'user_auth'],
    ...['user_disconnect', 'user_rate_set', 'usluga_activated', 'usluga_deactivated'],
  ),
  ip: fc.constantFrom('10.1.1.1', '10.1.1.2'),
  session: fc.constantFrom('', 'a', 'b'),
  background: fc.boolean(),
});
const toJob = ({ hook, ip, session, background }: typeof told extends fc.Arbitrary<infer T> ? T : never, id: number) =>
  jobOf(id, hook, { more: { ip, acct_session_id: session, usluga_id: '7', rate_in: '1', rate_out: '1' }, background });

/** The rule as it is told: every older one that a newer supersedes with no barrier between, looked at one by one. */
function leftOf(jobs: readonly Job[]): string[] {
  const left: Job[] = [];
  for (const job of jobs) {
    const barrier = left.findLastIndex(plain.isBarrier);
    const stay = left.filter((older, index) => index <= barrier || !plain.supersedes(job, older));
    left.splice(0, left.length, ...stay, job);
  }
  return left.map(({ id }) => id);
}

test('what comes in one by one leaves what the rule says', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 30 }), (plan) => {
      const lanes = open();
      const jobs = plan.map((item, index) => toJob(item, index + 1));
      const gone = jobs.flatMap((job) => lanes.insert(job).map((superseded) => superseded.job.id));
      const left = lanes.lane(`1@${nasKey}`)?.jobs.map(({ id }) => id) ?? [];
      expect(left).toEqual(leftOf(jobs));
      expect([...left, ...gone].map(Number).sort((a, b) => a - b)).toEqual(jobs.map(({ id }) => Number(id)));
      expect(lanes.size()).toBe(left.length);
      expect(lanes.backgroundDepth(nasKey)).toBe(
        jobs.filter(({ id, background }) => background && left.includes(id)).length,
      );
    }),
  );
});

test('what comes back in any order keeps its place by its id, and none that a younger one supersedes stays', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (plan, chance) => {
      const lanes = open();
      const jobs = plan.map((item, index) => toJob(item, index + 1));
      const shuffled = jobs
        .map((job) => ({ job, at: chance.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ job }) => job);
      for (const job of shuffled) lanes.insert(job);
      const left = lanes.lane(`1@${nasKey}`)?.jobs ?? [];
      expect(left.map(({ id }) => Number(id))).toEqual(left.map(({ id }) => Number(id)).sort((a, b) => a - b));
      // Barriers of the whole history, since each stays.
      for (const [index, older] of left.entries())
        for (const newer of left.slice(index + 1)) {
          if (plain.isBarrier(newer)) break;
          expect(plain.supersedes(newer, older)).toBe(false);
        }
    }),
  );
});

test.each([
  [
    'sessions that stand each for itself',
    (id: number) => jobOf(id, 'user_auth', { more: { acct_session_id: `s${id}` } }),
  ],
  ['edits with a flag between them', (id: number) => jobOf(id, id % 2 === 0 ? 'user_edit' : 'user_drop')],
])('a lane of 20,000 jobs compares each new one with few others: %s', (_what, make) => {
  let compared = 0;
  const lanes = open({
    ...plain,
    supersedes(newer, older) {
      compared++;
      return plain.supersedes(newer, older);
    },
  });
  for (let id = 1; id <= 20_000; id++) lanes.insert(make(id));
  expect(compared).toBeLessThan(20_000 * 33);
});

test('a job that runs is not superseded, and is once it comes back to wait', () => {
  const lanes = open();
  const drop = jobOf(1, 'user_drop');
  lanes.insert(drop);
  const lane = lanes.takeReady(nasKey);
  if (lane === undefined) throw new Error('nothing to take');
  expect(lanes.insert(jobOf(2, 'user_accept'))).toEqual([]);
  const back = { ...drop, state: 'retrying', notBefore: 1 } as const;
  expect(lanes.settleHead(lane, back)).toMatchObject([{ job: { id: '1' }, by: { id: '2' } }]);
  expect(lanes.takeReady(nasKey)?.jobs.map(({ id }) => id)).toEqual(['2']);
});

test('a run that failed lets an older one in front that came back meanwhile', () => {
  const lanes = open();
  const later = jobOf(5, 'user_redirect');
  lanes.insert(later);
  const lane = lanes.takeReady(nasKey);
  if (lane === undefined) throw new Error('nothing to take');
  lanes.insert(jobOf(3, 'user_drop'));
  lanes.settleHead(lane, { ...later, state: 'waiting' });
  expect(lane.jobs.map(({ id }) => id)).toEqual(['3', '5']);
  for (const id of ['3', '5']) expect(lanes.find({ id, lane: lane.key })?.id).toBe(id);
});

test('the background is ready only when nothing live is, and a lane with anything live counts as live', () => {
  const lanes = open();
  lanes.insert(jobOf(1, 'user_edit', { user: 1, background: true }));
  lanes.insert(jobOf(2, 'user_edit', { user: 2, background: true }));
  lanes.insert(jobOf(3, 'user_edit', { user: 3 }));
  lanes.insert(jobOf(4, 'user_drop', { user: 2 }));
  const taken = [1, 2, 3].map(() => lanes.takeReady(nasKey)?.jobs[0]?.id);
  expect(taken).toEqual(['3', '2', '1']);
  expect(lanes.takeReady(nasKey)).toBeUndefined();
  expect(lanes.backgroundDepth(nasKey)).toBe(2);
});

test('a lane whose live job was taken out is of the background again', () => {
  const lanes = open();
  const live = jobOf(2, 'user_drop', { user: 1 });
  lanes.insert(jobOf(1, 'user_edit', { user: 1, background: true }));
  lanes.insert(live);
  lanes.insert(jobOf(3, 'user_edit', { user: 2 }));
  lanes.remove(live);
  expect(lanes.takeReady(nasKey)?.jobs[0]?.id).toBe('3');
  expect(lanes.peekReady(nasKey)).toMatchObject({ live: 0 });
});

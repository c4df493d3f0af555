// Random lives of accounts, told by events and by whole states at once: what the store says in the end is what was told last, and boxes
// that do the jobs in the order of their lanes have just that.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import { differencesOf, type State, settledBy } from '#core/model/state.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { takingStage } from '#test/support/taking-stage.ts';

type Stage = Awaited<ReturnType<typeof takingStage>>;

const place = fc.record({
  ip: fc.constantFrom('10.1.1.1', '10.1.1.2'),
  nas_ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
});
const maybe = fc.option(fc.boolean(), { nil: undefined });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('event' as const),
      hook: fc.constantFrom(
        ...['user_accept', 'user_drop', 'user_redirect', 'user_redirect_cancel', 'own_disabled', 'own_disabled_cancel'],
        ...['user_auth', 'user_disconnect', 'usluga_activated', 'usluga_deactivated'],
        ...['user_rate_set', 'user_rate_set_cancel'],
      ),
      rate_in: fc.constantFrom('512', '1024'),
      usluga_id: fc.constantFrom('7', '8'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('move' as const),
      to: place,
      /** What the billing makes of it: Carbon's removal twice, or a removal and an addition. */
      way: fc.constantFrom('twice', 'twice and added', 'added', 'added first'),
      editAt: fc.nat({ max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'bin' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'pause' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('state' as const),
      to: fc.option(place, { nil: undefined }),
      state: fc.record({ accept: maybe, redirect: maybe, own_disabled: maybe, logged: maybe }),
      services: fc.option(fc.uniqueArray(fc.constantFrom('7', '8')), { nil: undefined }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** In the order of telling; nothing is waited for but at a pause. Gives what was told last. */
async function live({ ingest, put }: Stage, userId: string, steps: readonly Step[]) {
  let account: Account = { user_id: userId, login: 'алиса', ip: '10.1.1.1', nas_ip: '10.0.0.1' };
  let exists = true;
  const answers: Promise<string | undefined>[] = [];
  const fire = (hook: string, variables: Account) =>
    answers.push(ingest.submit([{ hook, account: variables }], 'http').then(([receipt]) => receipt?.type));
  fire('user_add', account);
  for (const told of steps) {
    if (told.type === 'pause') await Promise.all(answers);
    else if (told.type === 'state') {
      account = { ...account, ...told.to };
      const { state, services } = told;
      answers.push(put(userId, { variables: account, exists: true, ...state, services }).then(({ type }) => type));
      exists = true;
    } else if (!exists) {
      fire('user_add', account);
      exists = true;
    } else if (told.type === 'event') {
      const { type: _, hook, ...variables } = told;
      fire(hook, { ...account, ...variables, rate_out: '64' });
    } else if (told.type === 'bin') {
      fire('user_del', { ...account, deleted: '1' });
      exists = false;
    } else {
      const next = { ...account, ...told.to };
      if (next.ip === account['ip'] && next.nas_ip === account['nas_ip']) continue;
      for (const [hook, variables] of moving({ ...told, from: account, next })) fire(hook, variables);
      account = next;
    }
  }
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^(accepted|taken)$/);
  return { account, exists };
}

interface Moving {
  readonly from: Account;
  readonly next: Account;
  readonly way: string;
  readonly editAt: number;
}

function moving({ from, next, way, editAt }: Moving): readonly (readonly [string, Account])[] {
  // To the same box only after it went: a removal there says that the account ends.
  const isFirst = way === 'added first' && from['nas_ip'] !== next['nas_ip'];
  const removed = ['user_del', from] as const;
  const added = ['user_add', next] as const;
  const events: (readonly [string, Account])[] = isFirst ? [added, removed] : [removed];
  if (way.startsWith('twice')) events.push(['user_del', next]);
  if (!isFirst && way !== 'twice') events.push(added);
  if (editAt < 4) events.splice(editAt, 0, ['user_edit', next]);
  return events;
}

test('boxes have what was told last, however events and states come at once', { timeout: 60_000 }, async () => {
  const stage = await takingStage();
  let last = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const userId = `u${++last}`;
      const { account, exists } = await live(stage, userId, steps);
      const record = await stage.store.record(userId);
      expect(record).toMatchObject({ variables: account, nasKey: account['nas_ip'], desired: { exists: `${exists}` } });
      const boxes = new Map<string, State>();
      for (const job of (await stage.store.jobs({ user_id: userId, limit: 1000 })).toReversed()) {
        const subject = `${job.account['ip']} at ${job.nasKey}`;
        const settled = settledBy(catalogue.get(job.hook)?.settles ?? null, job.account);
        boxes.set(subject, settled['exists'] === 'false' ? settled : { ...boxes.get(subject), ...settled });
      }
      for (const [subject, found] of boxes) {
        const isIts = exists && subject === `${account['ip']} at ${account['nas_ip']}`;
        expect(differencesOf(isIts ? (record?.desired ?? {}) : { exists: 'false' }, found), subject).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

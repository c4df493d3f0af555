// The drift tells, box by box, what was not made as it should be, what is on its way and what failed.
import { expect, test } from 'vitest';
import { createDrift } from '#core/accounts/drift.ts';
import { noCounts } from '#core/accounts/resync-plan.ts';
import type { Applied, State } from '#core/model/state.ts';
import { recordOf, resyncStage } from './resync-stage.ts';

interface Known {
  readonly desired: State;
  readonly applied?: Applied;
  readonly at?: string;
  readonly snatip?: string;
}

async function world(accounts: Readonly<Record<string, Known>>) {
  const stage = await resyncStage();
  const { store, directory } = stage;
  for (const [userId, { desired, applied, at = '10.0.0.1', snatip = '' }] of Object.entries(accounts)) {
    const record = recordOf(userId, desired, { nas_ip: at, snatip });
    await store.write([
      { type: 'account', account: { type: 'replace', record, ifVersion: 0 } },
      ...(applied ? [{ type: 'applied' as const, userId, nasKey: record.nasKey, marks: applied }] : []),
    ]);
  }
  let now = 1_000_000;
  const drift = createDrift({ store, boxes: directory, clock: () => now, log: { warn: () => {} }, everyMs: null });
  const close = async () => {
    await drift.close();
    await stage.close();
  };
  return { stage, drift, close, later: (ms: number) => (now += ms) };
}

const made = (state: State): Applied =>
  Object.fromEntries(Object.entries(state).map(([key, value]) => [key, { value }]));

test('accounts are counted by box and by what differs; what failed and what is on its way stand out', async () => {
  const failed = { state: 'refused', reason: 'нет места', job: '7', at: 1 };
  const { drift, stage, close } = await world({
    same: { desired: { exists: 'true', accept: 'true' }, applied: made({ exists: 'true', accept: 'true' }) },
    never: { desired: { exists: 'true', accept: 'false' } },
    failing: {
      desired: { exists: 'true', redirect: 'true' },
      applied: { exists: { value: 'true' }, redirect: { value: 'false', failed } },
    },
    gone: { desired: { exists: 'false' }, applied: made({ exists: 'false' }) },
    left: { desired: { exists: 'false' }, applied: made({ exists: 'true' }) },
    services: {
      desired: { exists: 'true', 'service:1': 'on', 'service:тв': 'on', 'service:3': 'off' },
      applied: made({ exists: 'true' }),
    },
    // A service that no hook of its plugin is for; and one who differs otherwise, too.
    unsupported: {
      desired: { exists: 'true', 'service:тв': 'on' },
      applied: { exists: { value: 'true' }, 'service:тв': { failed: { ...failed, state: 'unsupported' } } },
    },
    unsupportedToo: {
      desired: { exists: 'true', redirect: 'true', 'service:тв': 'on' },
      applied: { exists: { value: 'true' }, 'service:тв': { failed: { ...failed, state: 'unsupported' } } },
    },
    lost: { desired: { exists: 'true' }, at: '10.9.9.9' },
  });
  await stage.store.write([
    {
      type: 'event',
      event: { id: 'e', hook: 'user_add', account: { user_id: 'lost' }, occurredAt: '', source: 'test' },
      jobs: [
        {
          id: '1',
          eventId: 'e',
          lane: 'lost@10.9.9.9',
          nasKey: '10.9.9.9',
          hook: 'user_add',
          account: { user_id: 'lost' },
          background: false,
          state: 'parked',
          attempt: 0,
          failures: 0,
          notBefore: 0,
          reason: '',
          code: '',
          createdAt: 1,
          updatedAt: 1,
        },
      ],
    },
  ]);
  const run = { id: 'abc', nas: 'bras-1', cause: 'operator', by: 'x', only: [], dryRun: true, state: 'done' } as const;
  const counts = { ...noCounts, add: 1, change: 2 };
  await stage.store.write([
    { type: 'resync-run', run: { ...run, reason: '', counts, cursor: 0, createdAt: 5, updatedAt: 6 } },
  ]);
  const { boxes } = await drift.report({ maxAgeMs: 0 });
  expect(boxes).toEqual([
    {
      nas: '10.9.9.9',
      accounts: 1,
      differing: 1,
      unsupported: 0,
      byKey: { exists: 1 },
      pending: 1,
      failed: 0,
      lastResync: null,
    },
    {
      nas: 'bras-1',
      accounts: 6,
      differing: 5,
      unsupported: 1,
      byKey: { exists: 2, accept: 1, redirect: 2, service: 1 },
      pending: 0,
      failed: 1,
      lastResync: { id: 'abc', at: 5, state: 'done', differing: 3 },
    },
  ]);
  const page = await drift.accounts({ nas: 'bras-1', limit: 2 });
  expect(page).toMatchObject({
    accounts: [
      {
        userId: 'failing',
        login: 'абонент-failing',
        differences: [{ key: 'redirect', desired: 'true', found: 'false', failed: 'нет места' }],
      },
      { userId: 'left', differences: [{ key: 'exists', desired: 'false', found: 'true', failed: null }] },
    ],
    next: 'left',
  });
  const rest = await drift.accounts({ nas: 'bras-1', limit: 100, after: 'left' });
  expect(rest.accounts.map(({ userId }) => userId)).toEqual(['never', 'services', 'unsupportedToo']);
  expect(rest.accounts.at(-1)?.differences.map(({ key }) => key)).toEqual(['redirect']);
  const bare = await drift.accounts({ nas: '10.9.9.9', limit: 9 });
  expect(bare.accounts.map(({ userId }) => userId)).toEqual(['lost']);
  expect(rest.next).toBeNull();
  await expect(drift.accounts({ nas: 'bras-7', limit: 1 })).rejects.toMatchObject({ code: 'not_found' });
  await close();
});

test('a count is used again until it is too old, and made once for all who wait for it', async () => {
  const { drift, stage, close, later } = await world({ a: { desired: { exists: 'true' } } });
  expect(drift.last()).toBeNull();
  const [one, other] = await Promise.all([drift.report({ maxAgeMs: 0 }), drift.report({ maxAgeMs: 0 })]);
  expect(one).toBe(other);
  await stage.should('b', { exists: 'true' });
  later(500);
  expect(await drift.report({ maxAgeMs: 1000 })).toBe(one);
  expect((await drift.report({ maxAgeMs: 100 })).boxes[0]?.differing).toBe(2);
  await close();
});

test('a NAT address differs from the one that was made, and not where nobody knows whether one was', async () => {
  const there = { exists: 'true' };
  const [one, other] = ['203.0.113.5', '203.0.113.6'];
  const { drift, close } = await world({
    same: { desired: there, snatip: `${one}/32`, applied: made({ ...there, snatip: one }) },
    other: { desired: there, snatip: one, applied: made({ ...there, snatip: other }) },
    left: { desired: there, applied: made({ ...there, snatip: other }) },
    unmarked: { desired: there, snatip: one, applied: made(there) },
  });
  const { boxes } = await drift.report({ maxAgeMs: 0 });
  expect(boxes).toMatchObject([{ accounts: 4, differing: 2, byKey: { snatip: 2 } }]);
  const { accounts } = await drift.accounts({ nas: 'bras-1', limit: 10 });
  expect(accounts.map(({ userId, differences }) => [userId, ...differences])).toEqual([
    ['left', { key: 'snatip', desired: 'none', found: other, failed: null }],
    ['other', { key: 'snatip', desired: one, found: other, failed: null }],
  ]);
  await close();
});

// `ossia drift` against the real API: what differs, what no plugin has a hook for, and a box that is not there.
import { expect, test } from 'vitest';
import type { DriftAccount, DriftReport } from '#core/accounts/resyncs.ts';
import { OssiaError } from '#core/errors.ts';
import { memoryWorld } from '../api/memory-world.ts';
import { runningApi } from '../api/running-api.ts';
import { ossia } from './ossia.ts';

const evil = 'злой\u001b[31m\nпричина';

async function scene(more: Partial<DriftReport['boxes'][number]> = {}) {
  const world = memoryWorld();
  const lastResync = { id: 'ab', at: 1_000, state: 'asks', differing: 7 };
  const counts = { accounts: 9, differing: 0, unsupported: 3, byKey: {}, pending: 0, failed: 0 };
  const account: DriftAccount = {
    userId: '1001',
    login: evil,
    nas: 'bras-1',
    differences: [{ key: 'accept', desired: 'false', found: 'true', failed: evil }],
  };
  Object.assign(world.deps.drift, {
    report: async () => ({ at: 5_000, boxes: [{ nas: 'bras-1', ...counts, lastResync, ...more }] }),
    accounts: async ({ nas }: { nas?: string }) => {
      if (nas !== undefined && nas !== 'bras-1')
        throw new OssiaError('not_found', `There is no NAS profile ${nas} in force.`);
      return { accounts: [account], next: null };
    },
  });
  const { socket } = await runningApi({ world });
  return (...words: string[]) => ossia(['drift', ...words, '--socket', socket], { env: { TZ: 'UTC' } });
}

test('accounts that no job can put right are counted apart, and are no reason to exit 5', async () => {
  const run = await scene();
  const { code, out } = await run();
  expect(code).toBe(0);
  expect(out.split('\n')[0]).toMatch(/^NAS +ACCOUNTS +DIFFER +UNSUPPORTED +ON THE WAY +FAILED +LAST RESYNC +IN WHAT$/);
  expect(out).toMatch(/^bras-1 +9 +0 +3 +0 +0 +1970-01-01 00:00:01, 7 differed, asks *$/m);
  expect(JSON.parse((await run('--json')).out)).toMatchObject({ boxes: [{ differing: 0, unsupported: 3 }] });
});

test('accounts that differ make exit 5, and nothing of them steers the terminal', async () => {
  const run = await scene({ differing: 1, byKey: { accept: 1 } });
  expect((await run()).code).toBe(5);
  const { code, out } = await run('--accounts');
  expect(code).toBe(5);
  expect(out).toContain('accept no (yes; failed: злой\\u001b[31m\\nпричина)');
  expect(out).not.toContain('\u001b[31m');
});

test('a box that is not there is refused, and a limit without a list is no question', async () => {
  const run = await scene();
  const missing = await run('--nas', 'bras-7');
  expect(missing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no NAS profile bras-7') });
  expect(await run('--limit', '3')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--limit goes with --accounts'),
  });
});

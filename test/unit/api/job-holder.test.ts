// A job that waits behind another of its lane says which, and what is wrong with that one.
import { expect, test } from 'vitest';
import { showJob } from '#core/cli/show-job.ts';
import { queueWorld, viewer } from './queue-world.ts';

test('a job behind a parked one names it, and the parked one names none', async () => {
  const { job, url } = await queueWorld();
  const account = { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' };
  const first = await job('user_drop', account, { state: 'parked' });
  const second = await job('user_redirect', account);
  const get = async (id: string) => {
    const response = await fetch(`${url}/v1/jobs/${id}`, { headers: { authorization: `Bearer ${viewer.token}` } });
    return JSON.parse(await response.text());
  };
  expect((await get(first)).waits_for).toBeNull();
  const waiting = await get(second);
  expect(waiting.waits_for).toMatchObject({ id: first, hook: 'user_drop', state: 'parked', reason: 'стало parked' });
  const shown = showJob(waiting, { columns: 0, env: {} } as never);
  expect(shown).toContain(`for job ${first} (user_drop), parked: стало parked`);
});

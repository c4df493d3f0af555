// What an operator does at night, in the whole daemon: pauses a box, restarts, resumes, mends many refused jobs at once.
import { expect, onTestFinished, test } from 'vitest';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

async function world() {
  const box = await startSimulator();
  onTestFinished(() => box.close());
  const site = createSite({ accounting: { enabled: false }, retry: { first: '100ms', max: '1s' } });
  onTestFinished(() => site.close());
  const profile = { plugin: 'mikrotik', match: { nas_ip: '10.0.0.1' }, transports: box.transports };
  site.profile('bras-1', { ...profile, limits: { deadline: '3s' } });
  return site;
}

const account = (user_id: string) => ({ user_id, login: `логин${user_id}`, auth_type: '7', nas_ip: '10.0.0.1' });

async function jobsIn(daemon: DaemonProcess, state: string): Promise<number> {
  const { body } = await daemon.call('GET', `/v1/jobs?state=${state}`);
  return (body as { jobs: unknown[] }).jobs.length;
}

test('a paused box gets nothing, also after a restart, until it is resumed', async () => {
  const site = await world();
  const first = await site.start();
  expect(await first.cli('pause', 'bras-1', '--reason', 'замена платы')).toMatchObject({ code: 0 });
  await first.fire({ hook: 'user_drop', account: { ...account('1'), ip: '10.1.2.3' } });
  expect((await first.cli('nas')).out).toMatch(/^bras-1 .* paused, closed +1 /m);
  await first.signal('SIGTERM');

  const daemon = await site.start();
  // What was accepted after the pause, and is for another box, is none of its business; this one still waits.
  await daemon.fire({ hook: 'user_edit', account: { ...account('2'), ip: '10.1.2.4' } });
  expect((await daemon.call('GET', '/readyz')).body).toMatchObject({
    status: 'ready',
    checks: expect.arrayContaining([{ name: 'pauses', ok: true, detail: 'paused: nas:bras-1' }]),
  });
  expect(await jobsIn(daemon, 'waiting')).toBe(2);
  expect((await daemon.cli('pause')).out).toMatch(/^nas:bras-1 .* socket +1 {2}замена платы$/m);
  expect((await daemon.cli('resume', 'bras-1')).out).toBe('nas:bras-1 is resumed: bras-1\n');
  await until(async () => (await jobsIn(daemon, 'done,skipped')) === 2);
  const audit = (await daemon.cli('audit')).out;
  expect(audit).toMatch(/socket +resume +.*\n.*socket +pause +.*замена платы/);
}, 60_000);

test('many jobs that a box refused are counted, mended with a variable, and run; each journal says by whom', async () => {
  const site = await world();
  const daemon = await site.start();
  await daemon.fire(...['1', '2', '3'].map((id) => ({ hook: 'user_drop', account: account(id) })));
  await until(async () => (await jobsIn(daemon, 'refused')) === 3);
  const order = ['jobs', 'retry', '--nas', 'bras-1', '--hook', 'user_drop', '--state', 'refused'];
  const dry = await daemon.cli(...order, '--dry-run');
  expect(dry.out).toBe('JOBS  NAS     HOOK\n   3  bras-1  user_drop\n3 jobs to retry; nothing is changed\n');
  expect((await daemon.cli(...order)).code).toBe(2);
  expect(await jobsIn(daemon, 'refused')).toBe(3);
  const again = await daemon.cli(...order, '--yes', '--set', 'ip=10.1.2.7');
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('3 of 3 run again') });
  await until(async () => (await jobsIn(daemon, 'done')) === 3);
  const { body } = await daemon.call('GET', '/v1/jobs/2');
  expect(body).toMatchObject({ state: 'done', account: { ip: '10.1.2.7' } });
  expect(JSON.stringify(body)).toContain('retried by socket with other ip');
  expect((await daemon.cli('audit')).out).toMatch(/jobs\.retry +.*changed=\["ip"\] matched=3 done=3/);
}, 60_000);

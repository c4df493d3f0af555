// Stopping: what runs may end, what cannot end goes back, all of it is on disk, and the next start goes on.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

test('SIGTERM returns a job whose box does not answer, and the next start finishes it', {
  timeout: 60_000,
}, async () => {
  let answers = false;
  const seen: string[] = [];
  const box = await startCoaBox((packet) => {
    seen.push(attributeText(packet, 1));
    return answers;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins', limits: { stop: '300ms' } });
  onTestFinished(() => site.close());
  writeProbePlugin(join(site.directory, 'plugins'));
  const coa = { host: '127.0.0.1', port: box.port, secret: box.secret };
  site.profile('box', {
    plugin: 'probe',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa },
    limits: { deadline: '30s' },
  });

  const first = await site.start();
  const [taken] = (await first.fire({
    hook: 'user_drop',
    account: { user_id: '1', login: 'алиса', nas_ip: '10.0.0.1' },
  })) as { jobs: string[] }[];
  await until(() => seen.length > 0);
  const began = performance.now();
  expect(await first.signal('SIGTERM')).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);

  answers = true;
  const second = await site.start();
  const job = await until(async () => {
    const { body } = await second.call('GET', `/v1/jobs/${taken?.jobs[0]}`);
    return (body as { state: string }).state === 'done' && (body as { attempt: number });
  });
  expect(job.attempt).toBe(2);
  expect(await second.signal('SIGTERM')).toBe(0);
});

test('a second daemon on the same data is refused with one clear line', async () => {
  const site = createSite();
  onTestFinished(() => site.close());
  await site.start();
  await expect(site.start()).rejects.toThrow(/another daemon uses this folder/);
});

// Secrets: after a life with refusals and failures in it, no file, log line, answer, argument or environment holds one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startBoxes } from '#test/demo/boxes.ts';
import { childrenOf, environmentOf } from '#test/support/sandbox-workers.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

test('no secret of any profile is found anywhere but in its own file', { timeout: 60_000 }, async () => {
  const site = createSite();
  onTestFinished(() => site.close());
  const boxes = await startBoxes(site);
  const secrets = boxes.all.flatMap(({ simulator }) =>
    Object.values(simulator.transports).flatMap((section) =>
      Object.entries(section).flatMap(([key, value]) =>
        key === 'password' || key === 'secret' ? [String(value)] : [],
      ),
    ),
  );
  expect(secrets.length).toBeGreaterThanOrEqual(4);
  const inEnvironment = 'тайна-of-the-environment';
  const daemon = await site.start({ OSSIA_TEST_SECRET: inEnvironment });
  const account = { user_id: '1', login: 'алиса', ip: '10.1.2.3', auth_type: '1' };
  for (const { nasIp } of boxes.all)
    await daemon.fire(
      { hook: 'user_add', account: { ...account, nas_ip: nasIp } },
      { hook: 'user_rate_set', account: { ...account, nas_ip: nasIp, rate_in: '1', rate_out: '1' } },
    );
  // A box that is gone: connection errors must not tell either.
  await boxes.close();
  for (const { nasIp } of boxes.all) await daemon.fire({ hook: 'user_drop', account: { ...account, nas_ip: nasIp } });
  const failed = async () => {
    const { body } = await daemon.call('GET', '/v1/jobs?limit=100');
    return (body as { jobs: { code: string }[] }).jobs.filter(({ code }) => code === 'nas_unreachable').length === 3;
  };
  await until(failed, 30_000);

  const said = [JSON.stringify(daemon.log)];
  for (const path of ['/v1/nas', '/v1/jobs?limit=100', '/metrics', '/v1/hooks', '/readyz'])
    said.push(JSON.stringify((await daemon.call('GET', path)).body));
  const { body } = await daemon.call('GET', '/v1/jobs?limit=100');
  for (const { id } of (body as { jobs: { id: string }[] }).jobs)
    said.push(JSON.stringify((await daemon.call('GET', `/v1/jobs/${id}`)).body));
  const children = childrenOf(daemon.pid);
  expect(children.length).toBeGreaterThan(1);
  for (const pid of [daemon.pid, ...children]) said.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  const environments = children.map(environmentOf);
  expect(environments.filter((text) => text.includes(inEnvironment))).toEqual([]);
  said.push(...environments);
  const data = join(site.directory, 'data');
  for (const file of readdirSync(data, { withFileTypes: true }))
    if (file.isFile()) said.push(readFileSync(join(data, file.name), 'latin1'));
  for (const secret of secrets)
    expect(said.filter((text) => text.includes(secret)).map((text) => text.slice(0, 200))).toEqual([]);
});

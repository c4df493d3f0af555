// Saving profiles and plugins under load: in force at once, nothing lost, nothing run twice, the old one goes on when the new one is wrong.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

async function world() {
  const seen: string[] = [];
  const box = await startCoaBox((packet) => {
    seen.push(attributeText(packet, 11));
    return true;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins' });
  onTestFinished(() => site.close());
  writeProbePlugin(join(site.directory, 'plugins'));
  const profile = (more: object = {}) => ({
    plugin: 'probe',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
    limits: { rate: 'unlimited' },
    ...more,
  });
  site.profile('box', profile());
  const daemon = await site.start();
  const event = (step: number | string, nasIp = '10.0.0.1') => ({
    hook: 'user_edit',
    account: { user_id: String(Number(step) % 20 || step), login: 'user', nas_ip: nasIp, step: String(step) },
  });
  const statusOf = async (name: string) =>
    (await daemon.call('GET', `/v1/nas/${name}`)).body as {
      since: string;
      problem: string;
      problems: { where: string }[];
    };
  const plugin = join(site.directory, 'plugins/probe/plugin.ts');
  return { seen, site, daemon, profile, event, statusOf, plugin };
}

test('no job is lost or run twice while profile and plugin are saved again and again', {
  timeout: 90_000,
}, async () => {
  const { seen, site, daemon, profile, event, plugin } = await world();
  let step = 0;
  for (let save = 0; save < 25; save++) {
    if (save % 3 === 0) appendFileSync(plugin, `// save ${save}\n`);
    else site.profile('box', profile({ limits: { rate: 'unlimited', concurrency: 2 + (save % 5) } }));
    for (let burst = 0; burst < 4; burst++) await daemon.fire(...Array.from({ length: 10 }, () => event(step++)));
  }
  await until(() => seen.length >= step, 30_000);
  await until(
    async () =>
      ((await daemon.call('GET', '/v1/jobs?state=running&state=waiting&limit=1')).body as { jobs: [] }).jobs.length ===
      0,
  );
  expect([...seen].map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: step }, (_, index) => index));
});

test('a wrong save changes nothing, says file and line, and its mending is in force at once', async () => {
  const { seen, site, daemon, profile, event, statusOf, plugin } = await world();
  site.profile('box', profile({ limits: { concurency: 3 } }));
  const refused = await until(async () => {
    const status = await statusOf('box');
    return status.problem !== '' && status;
  });
  expect(refused.problem).toMatch(/box\.yaml:\d+ limits\.concurency.*concurrency/s);
  const good = readFileSync(plugin, 'utf8');
  site.profile('box', profile());
  await until(async () => (await statusOf('box')).problem === '');
  writeFileSync(plugin, good.replace('await device', 'await await (device'));
  const broken = await until(async () => {
    const status = await statusOf('box');
    return status.problem !== '' && status;
  });
  expect(broken.problem).toMatch(/plugin\.ts:\d+/);
  await daemon.fire(event(1));
  await until(() => seen.includes('1'));
  writeFileSync(plugin, good);
  await until(async () => (await statusOf('box')).problem === '');
});

test('an event for a box without a profile waits, and runs when the file is saved', async () => {
  const { seen, site, daemon, profile, event } = await world();
  const answers = (await daemon.fire(event('late', '10.0.0.9'))) as { jobs: string[] }[];
  const id = answers[0]?.jobs[0];
  const parked = await until(async () => {
    const { body } = await daemon.call('GET', `/v1/jobs/${id}`);
    return (body as { state: string }).state === 'parked' && (body as { reason: string });
  });
  expect(parked.reason).toContain('no profile matches nas_ip "10.0.0.9"');
  site.profile('late', profile({ match: { nas_ip: '10.0.0.9' } }));
  await until(() => seen.includes('late'));
});

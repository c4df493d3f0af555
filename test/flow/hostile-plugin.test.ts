// A plugin that misbehaves inside the running daemon: its job ends parked with a reason that helps, its neighbours do not notice.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const bad = `import { definePlugin } from '#plugin-sdk';

export default definePlugin({
  hooks: {
    user_drop() {
      for (;;);
    },
    user_edit() {
      const hoard = new Map();
      for (let index = 0; ; index++) hoard.set(index, new Array(1_000_000).fill(index));
    },
    async user_accept() {
      await new Promise(() => {});
    },
    user_del({ account }) {
      return account['ip'].split('.')[9].length;
    },
  },
});
`;

interface JobAnswer {
  readonly state: string;
  readonly code: string;
  readonly reason: string;
  readonly journal: readonly { readonly text: string }[];
}

test('endless loop, memory bomb, promise that never settles and a plain bug: all end visibly, the neighbour goes on', {
  timeout: 90_000,
}, async () => {
  const seen: string[] = [];
  const box = await startCoaBox((packet) => {
    seen.push(attributeText(packet, 11));
    return true;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins', retry: { first: '50ms' } });
  onTestFinished(() => site.close());
  const plugins = join(site.directory, 'plugins');
  writeProbePlugin(plugins);
  mkdirSync(join(plugins, 'bad'));
  const manifest = {
    name: 'bad',
    version: '1.0.0',
    api: '^1',
    summary: 'Bad.',
    transports: { coa: ['*'] },
    options: { type: 'object' },
  };
  writeFileSync(join(plugins, 'bad/plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(plugins, 'bad/plugin.ts'), bad);
  const transports = { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } };
  site.profile('good', { plugin: 'probe', match: { nas_ip: '10.0.0.1' }, transports, limits: { rate: 'unlimited' } });
  site.profile('bad', {
    plugin: 'bad',
    match: { nas_ip: '10.0.0.2' },
    transports,
    limits: { deadline: '1s', attempts: 2 },
  });
  const daemon = await site.start();

  const hooks = ['user_drop', 'user_accept', 'user_del'];
  const answers = (await daemon.fire(
    ...hooks.map((hook, user) => ({ hook, account: { user_id: String(user), ip: '10.1.2.3', nas_ip: '10.0.0.2' } })),
  )) as { jobs: string[] }[];
  const neighbours = 300;
  const steps: string[] = [];
  for (let burst = 0; burst < 30; burst++) {
    const events = Array.from({ length: neighbours / 30 }, (_, index) => {
      const step = `good-${burst}-${index}`;
      steps.push(step);
      return { hook: 'user_edit', account: { user_id: step, login: 'user', nas_ip: '10.0.0.1', step } };
    });
    await daemon.fire(...events);
    await until(() => steps.every((step) => seen.includes(step)), 20_000);
  }

  const end = (fired: readonly { jobs: string[] }[]) =>
    until(async () => {
      const jobs = await Promise.all(
        fired.map(async ({ jobs: [id] }) => (await daemon.call('GET', `/v1/jobs/${id}`)).body as JobAnswer),
      );
      return jobs.every(({ state }) => ['parked', 'refused', 'dead'].includes(state)) && jobs;
    }, 60_000);
  const [loop, never, bug] = await end(answers);
  // Last and alone: it takes its whole worker with it, and whoever is in there.
  const account = { user_id: 'bomb', nas_ip: '10.0.0.2' };
  const [bomb] = await end((await daemon.fire({ hook: 'user_edit', account })) as { jobs: string[] }[]);
  expect(loop).toMatchObject({ state: 'parked', code: 'cpu_exceeded' });
  expect(bomb?.state).toBe('parked');
  expect(['memory_exceeded', 'worker_lost']).toContain(bomb?.code);
  expect(never).toMatchObject({ state: 'dead', code: 'deadline_exceeded' });
  expect(bug).toMatchObject({ state: 'refused', code: 'plugin_error' });
  // The author finds his own line in the journal.
  expect(JSON.stringify(bug?.journal)).toMatch(/plugins\/bad\/plugin\.ts:16/);
  expect((await daemon.call('GET', '/readyz')).status).toBe(200);
});

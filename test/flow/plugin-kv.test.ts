// What a plugin keeps, in the whole daemon: there after kill -9, planned without being done, seen and removed by an operator.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const manifest = {
  name: 'counter',
  version: '1.0.0',
  api: '^1',
  summary: 'Counts its jobs, box or no box.',
  transports: { kv: ['*'] },
  options: { type: 'object' },
};

const source = `import { definePlugin } from '#plugin-sdk';
import type manifest from './plugin.json';
export default definePlugin<typeof manifest>({
  hooks: {
    async user_drop({ account }, { kv }) {
      const count = (await kv.get<number>(account['login'] ?? '')) ?? 0;
      await kv.set(account['login'] ?? '', count + 1);
    },
  },
});
`;

function openSite() {
  const site = createSite({ plugins: './own-plugins', accounting: { enabled: false } });
  onTestFinished(() => site.close());
  const folder = join(site.directory, 'own-plugins', 'counter');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'plugin.ts'), source);
  site.profile('box', { plugin: 'counter', match: { nas_ip: '10.0.0.1' } });
  return site;
}

const drop = (id: string) => ({
  id,
  hook: 'user_drop',
  account: { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' },
});

async function done(daemon: DaemonProcess, events: number): Promise<void> {
  await until(async () => {
    const { body } = await daemon.call('GET', '/v1/jobs?state=done');
    return (body as { jobs: unknown[] }).jobs.length === events;
  });
}

test('a value that a job kept is there after kill -9, and a plan changes nothing of it', async () => {
  const site = openSite();
  const first = await site.start();
  await first.fire(drop('e1'));
  await done(first, 1);
  await first.signal('SIGKILL');

  const second = await site.start();
  const plan = await second.call('POST', '/v1/events?dry_run=true', drop('e2'));
  expect(JSON.stringify(plan.body)).toContain('set алиса 2');
  const kept = async () => (await second.cli('plugin', 'kv', 'box', '--key', 'алиса')).out;
  expect(await kept()).toBe('1\n');
  await second.fire(drop('e3'));
  await done(second, 2);
  expect(await kept()).toBe('2\n');

  const removal = await second.cli('plugin', 'kv', 'box', '--remove', '--all', '--reason', 'новая плата');
  expect(removal).toMatchObject({ code: 0, out: 'removed 1 key\n' });
  expect((await second.cli('plugin', 'kv')).out).toBe('no plugin keeps anything\n');
  expect((await second.cli('audit')).out).toContain('plugin.kv.remove');
});

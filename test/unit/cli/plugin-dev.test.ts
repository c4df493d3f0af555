// `ossia plugin dev`: green, red and green again at each save, until it is interrupted; and what a running daemon does with the plugin.
import { spawn } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { importSimulator } from '#core/plugin-kit/import-plugin.ts';
import { createPlugin } from '#core/plugin-kit/starter.ts';
import { createSite } from '#test/support/site.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { ossia } from './ossia.ts';

const main = fileURLToPath(new URL('../../../core/main.ts', import.meta.url));
const longest = 120_000;

interface Dev {
  readonly out: () => string;
  signal(name: NodeJS.Signals): Promise<number | null>;
  /** Resolves when what was printed since the last call matches; gives that. */
  next(pattern: RegExp): Promise<string>;
}

function dev(args: readonly string[], cwd: string): Dev {
  const child = spawn(process.execPath, [main, 'plugin', 'dev', ...args], { cwd });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let from = 0;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    out: () => out,
    signal(name) {
      child.kill(name);
      return ended;
    },
    async next(pattern) {
      await until(() => pattern.test(out.slice(from)), 60_000);
      const part = out.slice(from);
      from = out.length;
      return part;
    },
  };
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  // As many editors do.
  await writeFile(`${file}~`, changed);
  await rename(`${file}~`, file);
}

test('each save is type-checked and run, what is wrong is shown with its difference, until Ctrl-C', {
  timeout: longest,
}, async () => {
  const cwd = tempDir();
  const { folder } = await createPlugin({ dir: join(cwd, 'plugins'), name: 'acme', transport: 'ssh' });
  const { next, signal } = dev(['acme'], cwd);
  const first = await next(/ \d+ ms\n/);
  expect(first).toMatch(/^watching .*plugins\/acme; Ctrl-C ends it\n/);
  expect(first).toContain('ok    user_add  new, no-address, other-service\n');
  expect(first).toContain('8 of 8 cases as they should be  ');

  await edit(join(folder, 'plugin.ts'), (text) => text.replace('subscriber block', 'subscriber blok'));
  const red = await next(/ \d+ ms\n/);
  expect(red).toContain('plugin.ts\n');
  expect(red).toMatch(/FAIL {2}user_drop blocked {2}plugins\/acme\/cases\/user_drop\/blocked\.json\n/);
  expect(red).toContain('- subscriber block -- 1001\n');
  expect(red).toContain('+ subscriber blok -- 1001\n');
  expect(red).toContain('7 of 8 cases as they should be  ');

  await edit(join(folder, 'plugin.ts'), (text) =>
    text
      .replace('subscriber blok', 'subscriber block')
      .replace("device.ssh.read('show version')", 'device.coa.coa({})'),
  );
  const wrong = await next(/ \d+ ms\n/);
  expect(wrong).toMatch(/type {2}plugins\/acme\/plugin\.ts:\d+:\d+: TS2339: Property 'coa' does not exist/);
  expect(wrong).toContain(', 1 wrong in types  ');

  await edit(join(folder, 'plugin.ts'), (text) => text.replace('device.coa.coa({})', "device.ssh.read('show version'"));
  expect(await next(/ \d+ ms\n/)).toMatch(
    /FAIL {2}plugins\/acme\/plugin\.ts:\d+:\d+: Expected "\)"[\s\S]*no case was run/,
  );

  // The simulator and the cases count as well as the plugin itself.
  await edit(join(folder, 'plugin.ts'), (text) => text.replace("'show version'", "'show version')"));
  await edit(join(folder, 'cases/user_add/new.json'), (text) => text.replace('10.1.2.3 inet', '10.1.2.3 fast'));
  const other = await next(/7 of 8 cases .* \d+ ms\n/);
  expect(other).toContain('- subscriber set -- 1001 10.1.2.3 fast\n');
  expect(await signal('SIGINT')).toBe(0);
});

test('--only runs what it names, and --json prints a document to a line', { timeout: longest }, async () => {
  const cwd = tempDir();
  const { folder } = await createPlugin({ dir: cwd, name: 'acme', transport: 'coa' });
  const { next, signal } = dev([folder, '--only', 'user_drop', '--in-process', '--json'], cwd);
  const round = JSON.parse(await next(/\n$/));
  expect(round).toMatchObject({ files: [], types: [], refusal: [], report: { ok: true, contract: [] } });
  expect(round.report.cases.map(({ hook }: { hook: string }) => hook)).toEqual(['user_drop', 'user_drop']);
  expect(await signal('SIGTERM')).toBe(0);
});

test('--nas shows each job of the box as a running daemon ends it, and waits for one that is not there', {
  timeout: longest,
}, async () => {
  const site = createSite({ plugins: 'plugins' });
  onTestFinished(() => site.close());
  await createPlugin({ dir: join(site.directory, 'plugins'), name: 'acme', transport: 'ssh' });
  const starter = fileURLToPath(new URL('../../../core/plugin-kit/starters/ssh', import.meta.url));
  const box = await (await importSimulator(starter))();
  onTestFinished(() => box.close());
  site.profile('bras-1', { plugin: 'acme', match: { nas_ip: '10.0.0.1' }, transports: box.transports });
  const config = join(site.directory, 'ossia.yaml');
  const { next, signal } = dev(['acme', '--config', config, '--nas', 'bras-1'], site.directory);
  await next(/cannot reach the daemon/);
  const daemon = await site.start();
  await next(/following the jobs of bras-1\n/);
  await daemon.fire({ hook: 'user_add', account: { user_id: '7', login: 'Боб', ip: '10.7.7.7', nas_ip: '10.0.0.1' } });
  const told = await next(/subscriber set[\s\S]*\n/);
  expect(told).toMatch(
    /done {2}user_add Боб {2}\(job \d+, run 1\)\n[\s\S]*sent ssh {2}subscriber set -- 7 10\.7\.7\.7 inet\n/,
  );
  expect(await signal('SIGINT')).toBe(0);
});

test('a folder that is not there is said to be that', async () => {
  const { code, err } = await ossia(['plugin', 'dev', 'acme'], { cwd: tempDir() });
  expect([code, err]).toEqual([1, expect.stringContaining('plugins/acme; ossia plugin new acme makes one.\n')]);
});

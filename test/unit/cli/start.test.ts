// `ossia start` and `ossia check` as a supervisor and an admin meet them: the real daemon, signals, and starts that fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { start } from '#core/cli/start.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { ossia } from './ossia.ts';

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A folder with an ossia.yaml of its own ports. */
async function settingsFolder(more = ''): Promise<string> {
  const folder = tempDir();
  const [http, accounting] = [await freeTcpPort(), await freeUdpPort()];
  mkdirSync(join(folder, 'nas-profiles'));
  mkdirSync(join(folder, 'plugins'));
  writeFileSync(
    join(folder, 'ossia.yaml'),
    `http: { port: ${http} }\naccounting: { host: 127.0.0.1, port: ${accounting} }\n${more}`,
  );
  return folder;
}

interface Started {
  readonly child: ChildProcess;
  log(): Record<string, unknown>[];
  exit(): Promise<number | null>;
}

async function started(folder: string): Promise<Started> {
  const main = fileURLToPath(new URL('../../../core/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'start'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const log = () =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`ended early: ${out}${err}`);
    return out.includes('"msg":"ready"');
  }, 20_000);
  return { child, log, exit: async () => (await ended)[0] as number | null };
}

test('start says where it listens, takes an event from fire, reloads on SIGHUP and stops on SIGTERM with 0', async () => {
  const folder = await settingsFolder();
  const { child, log, exit } = await started(folder);
  const ready = log().find(({ msg }) => msg === 'ready');
  expect(ready).toMatchObject({
    http: expect.stringMatching(/^http:\/\/127/),
    socket: 'data/ossia.sock',
    accounting: expect.any(Number),
    radsec: null,
  });
  expect((await fetch(`${ready?.['http']}/readyz`)).status).toBe(200);

  const fired = await ossia(['fire', 'user_drop', '--user_id', '1', '--nas_ip', '10.0.0.1', '--id', 'e'], {
    cwd: folder,
  });
  expect(fired).toMatchObject({ code: 0, out: 'taken: event e, job 1\n' });

  child.kill('SIGHUP');
  await until(() => log().some(({ msg }) => msg === 'profiles and plugins read again'));
  child.kill('SIGTERM');
  expect(await exit()).toBe(0);
  expect(log().at(-1)?.['msg']).toBe('stopped');

  const again = await started(folder);
  const listed = await ossia(['jobs', '--event', 'e', '--json'], { cwd: folder });
  expect(JSON.parse(listed.out)).toMatchObject({ jobs: [{ id: '1', hook: 'user_drop', state: 'parked' }] });
  again.child.kill('SIGINT');
  expect(await again.exit()).toBe(0);
});

test('start ends at once on a second signal, whatever the stop is waiting for', async () => {
  const folder = await settingsFolder();
  const handlers = new Map<string, () => void>();
  const exits: number[] = [];
  const running = start.run(['--config', join(folder, 'ossia.yaml')], {
    env: {},
    out: () => undefined,
    err: () => undefined,
    columns: 0,
    confirm: async () => null,
    stdin: async () => '',
    onSignal(name, handler) {
      handlers.set(name, handler);
      return () => void handlers.delete(name);
    },
    exit: (code) => void exits.push(code),
  });
  await until(() => handlers.has('SIGHUP'), 20_000);
  handlers.get('SIGINT')?.();
  expect(exits).toEqual([]);
  handlers.get('SIGTERM')?.();
  expect(exits).toEqual([143]);
  expect(await running).toBe(0);
});

test('start that cannot listen says so in one line, without a stack, and exits 1', async () => {
  const folder = await settingsFolder();
  const { child, exit } = await started(folder);
  const second = await ossia(['start'], { cwd: folder });
  expect(second.code).toBe(1);
  expect(second.err).toMatch(/^ossia start: .+\n$/);
  expect(second.err).not.toMatch(/ at .*\.ts/);
  expect((await ossia(['jobs'], { cwd: folder })).code).toBe(0);
  child.kill('SIGTERM');
  expect(await exit()).toBe(0);
});

test('start names file, line and key of wrong settings, each once, and exits 1', async () => {
  const folder = await settingsFolder('log: { level: loud }\nhtpp: {}\n');
  const { code, err, out } = await ossia(['start'], { cwd: folder });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err.match(/ossia\.yaml:3 log\.level/g)).toHaveLength(1);
  expect(err.match(/ossia\.yaml:4 htpp/g)).toHaveLength(1);
  expect(err).not.toMatch(/ at .*\.ts/);
});

test('start refuses to be reachable from other machines without tokens', async () => {
  const folder = tempDir();
  writeFileSync(join(folder, 'ossia.yaml'), 'http: { host: 0.0.0.0 }\n');
  const { code, err } = await ossia(['start'], { cwd: folder });
  expect(code).toBe(1);
  expect(err).toContain('tokens');
});

test('check says what is wrong with settings, profiles and plugins, by file and line, and exits 1', async () => {
  const folder = await settingsFolder();
  expect(await ossia(['check'], { cwd: folder })).toMatchObject({
    code: 0,
    out: expect.stringContaining('ok     settings ossia.yaml'),
  });

  writeFileSync(
    join(folder, 'nas-profiles', 'bras-1.yaml'),
    'plugin: mikrotik\nmatch: { nas_ip: 10.0.0.1 }\nlimits: { concurrency: many }\n',
  );
  mkdirSync(join(folder, 'plugins', 'broken'));
  writeFileSync(join(folder, 'plugins', 'broken', 'plugin.json'), '{');
  const { code, out } = await ossia(['check'], { cwd: folder });
  expect(code).toBe(1);
  expect(out).toContain('wrong  plugin   broken');
  expect(out).toMatch(/wrong {2}profile {2}bras-1\n.*nas-profiles\/bras-1\.yaml:3 limits\.concurrency/);

  const json = await ossia(['check', '--json'], { cwd: folder });
  expect(JSON.parse(json.out)).toMatchObject({
    ok: false,
    profiles: [{ name: 'bras-1' }],
    plugins: [{ name: 'broken' }],
  });
  writeFileSync(join(folder, 'ossia.yaml'), 'http: [\n');
  expect(await ossia(['check'], { cwd: folder })).toMatchObject({
    code: 1,
    out: expect.stringContaining('ossia.yaml:'),
  });
});

test('check notes folders that are not there, names that are not read, and where a missing plugin is asked for', async () => {
  const folder = tempDir();
  expect((await ossia(['check'], { cwd: folder })).out).toMatch(
    /note: nas-profiles: there is no such folder; make it[\s\S]*note: plugins: there is no such folder/,
  );
  mkdirSync(join(folder, 'nas-profiles'));
  writeFileSync(join(folder, 'nas-profiles', 'a.yml'), 'plugin: acme\n');
  writeFileSync(join(folder, 'nas-profiles', 'b.yaml'), 'match: { nas_ip: 10.0.0.1 }\nplugin: acme\n');
  const { code, out } = await ossia(['check'], { cwd: folder });
  expect(code).toBe(1);
  expect(out).toContain('note: nas-profiles/a.yml: this file is not read: the name of a profile ends in .yaml');
  expect(out).toContain('nas-profiles/b.yaml:2 plugin: the plugin acme does not load\n');
  expect(out).toContain('plugins/acme: there is no such plugin\n');
});

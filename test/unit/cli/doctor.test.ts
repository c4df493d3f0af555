// `ossia doctor` as an admin runs it before the first start: on this machine, with a folder that is not his, with wrong settings.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { wallNames } from '#core/sandbox/walls-rules.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from './ossia.ts';

test('a fit machine: every wall, the disk with the time of a sync, nothing left behind', async () => {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'data'));
  const { code, out } = await ossia(['doctor'], { cwd });
  expect(code).toBe(0);
  // That of the memory is not had by every kernel.
  for (const name of wallNames)
    expect(out).toMatch(new RegExp(`^wall ${name} +${name === 'memory' ? '(ok|note)' : 'ok'} `, 'm'));
  expect(out).toMatch(/^disk +(ok|note) .*data can be written; a sync takes [\d.]+ ms$/m);
  expect(readdirSync(join(cwd, 'data'))).toEqual([]);
});

test('a data folder that cannot be one: exit 1 and what to do, in text and JSON', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'data'), 'a file');
  const { code, out } = await ossia(['doctor', '--json'], { cwd });
  expect(code).toBe(1);
  const { ok, findings } = JSON.parse(out) as {
    ok: boolean;
    findings: { name: string; verdict: string; detail: string }[];
  };
  expect(ok).toBe(false);
  expect(findings.find(({ name }) => name === 'disk')).toEqual({
    name: 'disk',
    verdict: 'bad',
    detail: expect.stringMatching(/data cannot be written \(ENOTDIR\); see that this user may$/),
  });
});

test('wrong settings are named with their line', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'ossia.yaml'), 'sandbox:\n  walls: maybe\n');
  const { code, out } = await ossia(['doctor'], { cwd });
  expect(code).toBe(1);
  expect(out).toMatch(/settings +NO +.*ossia\.yaml/);
});

test('where the system forbids the walls each that is down is told with what would raise it: exit 1, unless told to go without', {
  timeout: 60_000,
}, async () => {
  const cwd = tempDir();
  const after = (line: string): Promise<{ code: number; out: string }> => {
    const script = `${line} && exec "$0" "$@"`;
    const words = [process.execPath, fileURLToPath(new URL('../../../core/main.ts', import.meta.url)), 'doctor'];
    return new Promise((resolve) =>
      execFile(
        'unshare',
        ['--user', '--map-root-user', '--mount', 'sh', '-c', script, ...words],
        { cwd },
        (error, out) => resolve({ code: Number(error?.code ?? 0), out }),
      ),
    );
  };
  const without = await after('echo 0 > /proc/sys/user/max_user_namespaces');
  expect(without.code).toBe(1);
  for (const name of ['network', 'files', 'processes'])
    expect(without.out).toMatch(
      new RegExp(`^wall ${name} +NO .*: the kernel or the container forbids .*user\\.max_user_namespaces`, 'm'),
    );
  for (const name of ['limits', 'permission model', 'environment'])
    expect(without.out).toMatch(new RegExp(`^wall ${name} +ok `, 'm'));

  writeFileSync(join(cwd, 'ossia.yaml'), 'sandbox: { walls: available }\n');
  const { code, out } = await after('echo 0 > /proc/sys/user/max_mnt_namespaces');
  expect(code).toBe(0);
  expect(out).toMatch(/^wall network +ok /m);
  expect(out).toMatch(
    /^wall files +note +the system would let a worker open .*passwd.*: the kernel or the container forbids mounts/m,
  );
  expect(out).toMatch(/^wall processes +note +a worker sees other processes/m);

  const bare = await after('mount --bind /bin/false /usr/bin/perl');
  expect(bare.out).toMatch(/^wall descriptors +note +a worker inherits what the daemon was started with: perl/m);
  expect(bare.out).toMatch(/^wall memory +note +a worker can run what it has written.*: perl/m);
});

// Long outputs of a real OpenSSH line by line: whole or an error, held back while nobody takes them.
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandResult } from '#core/plugin-sdk/device.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import { type SshPeer, startOpenSsh } from '#test/support/openssh.ts';
import { connectTransport, type TransportCaller } from '#test/support/transport-call.ts';
import { until } from '#test/support/until.ts';

let peer: SshPeer;
const opened: TransportCaller[] = [];
beforeAll(async () => {
  peer = await startOpenSsh();
});
afterAll(() => peer.close());
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function ssh(more: Record<string, unknown> = {}): TransportCaller {
  const { host, port, user, privateKey, fingerprint } = peer;
  const section = { host, port, user, private_key: privateKey, host_key: fingerprint, ...more };
  opened.push(connectTransport(sshTransport, section));
  return opened.at(-1) as TransportCaller;
}

function linesOf(command: string, given: { signal?: AbortSignal; on?: TransportCaller; okCodes?: number[] } = {}) {
  const { signal = AbortSignal.timeout(20_000), on = ssh(), okCodes } = given;
  return on.partsUntil<string[]>(signal, 'lines', command, ...(okCodes ? [{ okCodes }] : []));
}

async function all(parts: AsyncIterator<string[], void>): Promise<string[]> {
  const lines: string[] = [];
  for (let step = await parts.next(); !step.done; step = await parts.next()) lines.push(...step.value);
  return lines;
}

test('all lines come, also the last without an end, and letters that a packet cuts in two', async () => {
  expect(await all(linesOf("printf 'первая\\n\\nтретья'"))).toEqual(['первая', '', 'третья']);
  expect(await all(linesOf('true'))).toEqual([]);
  const many = await all(linesOf("seq -f 'абонент %.0f' 1 200000"));
  expect(many.length).toBe(200_000);
  expect(many.every((line, at) => line === `абонент ${at + 1}`)).toBe(true);
});

test('more than max_output comes in lines, and nobody holds it all', async () => {
  const on = ssh({ max_output: '1KB' });
  await expect(on.call('read', 'seq 100000')).rejects.toMatchObject({ code: 'nas_protocol' });

  expect((await all(linesOf('seq 100000', { on }))).length).toBe(100_000);
  expect(on.exchanges.at(-1)?.text).toContain('100000 lines');
});

test('the box prints no faster than is taken, and other commands go on beside it', async () => {
  const on = ssh();
  const parts = linesOf('echo pid $$; exec seq 1 20000000', { on });
  const first = await parts.next();
  const pid = Number(/pid (\d+)/.exec(first.done ? '' : first.value.join('\n'))?.[1]);
  // Its output would be some 170 MB; it stands still in the middle of it.
  let before = -1;
  const written = async () => Number(/wchar: (\d+)/.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
  await until(async () => {
    const now = await written();
    const isStill = now === before;
    before = now;
    return isStill;
  });
  expect(before).toBeLessThan(100_000_000);
  expect((await on.call<CommandResult>('read', 'echo beside')).stdout).toBe('beside\n');

  await parts.return?.();
  await until(() =>
    readFile(`/proc/${pid}/stat`, 'utf8').then(
      (stat) => / Z /.test(stat),
      () => true,
    ),
  );
});

test('an exit code that was not expected is an error after the last line', async () => {
  const parts = linesOf('echo one; echo "нет такого списка" >&2; exit 2');
  expect((await parts.next()).value).toEqual(['one']);
  await expect(parts.next()).rejects.toMatchObject({ code: 'nas_refused', said: 'нет такого списка' });
  expect(await all(linesOf('echo one; exit 2', { okCodes: [0, 2] }))).toEqual(['one']);
});

test.each([
  ['that a signal ends', 'echo one; kill -KILL $$', 'nas_protocol'],
  ['with an endless line', 'head -c 1000000 /dev/zero | tr "\\0" x', 'nas_protocol'],
])('a command %s is an error', async (_what, command, code) => {
  await expect(all(linesOf(command))).rejects.toMatchObject({ code });
});

test('a deadline and a stop end it in the middle', async () => {
  await expect(all(linesOf('echo one; sleep 60', { signal: AbortSignal.timeout(500) }))).rejects.toMatchObject({
    code: 'nas_timeout',
  });
  const stop = new AbortController();
  const parts = linesOf('seq 1 20000000', { signal: stop.signal });
  await parts.next();
  stop.abort();
  await expect(all(parts)).rejects.toMatchObject({ code: 'aborted' });
});

test('a connection that is lost in the middle is an error', async () => {
  const on = ssh();
  const parts = linesOf('echo one; sleep 1; kill -9 $PPID; sleep 60', { on });
  await expect(all(parts)).rejects.toMatchObject({ code: expect.stringMatching(/nas_unreachable|nas_protocol/) });
});

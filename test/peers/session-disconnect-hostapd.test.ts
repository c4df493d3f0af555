// The whole loop on a NAS that others wrote: hostapd lets a subscriber in, the daemon sees the session, ends it there, and sees the Stop.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Hostapd, startHostapd } from '#test/support/hostapd.ts';
import { createSite, nodeBin, runCli, type Site } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const accountingPort = 31_813;
let hostapd: Hostapd;
let site: Site;
let daemon: ChildProcess | undefined;

beforeAll(async () => {
  hostapd = await startHostapd({ accountingPort, interimInterval: 1, user: 'bob' });
  site = createSite({ accounting: { host: '127.0.0.1', port: accountingPort } });
  site.profile('ap', {
    plugin: 'generic-coa',
    match: { nas_ip: '127.0.0.1', nas_identifier: 'hostapd-nas' },
    transports: { coa: { host: '127.0.0.1', port: hostapd.dasPort, secret: hostapd.secret } },
    radius: { secret: hostapd.secret, addresses: '127.0.0.1' },
    options: { hooks: { user_disconnect: [{ disconnect: {} }] } },
  });
  // Inside the namespace of the box; its unix socket is a file, and commands reach it from here.
  const program = [nodeBin, 'core/main.ts', 'start', '--config', join(site.directory, 'ossia.yaml')];
  daemon = spawn('ip', ['netns', 'exec', hostapd.namespace.name, ...program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let ready = false;
  if (daemon.stdout !== null)
    createInterface({ input: daemon.stdout }).on('line', (line) => {
      ready ||= line.includes('"ready"');
    });
  await until(() => ready, 30_000);
}, 60_000);

afterAll(async () => {
  if (daemon !== undefined && daemon.exitCode === null) {
    const exit = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await exit;
  }
  await site?.close();
  await hostapd?.close();
}, 60_000);

async function ask<Answer>(...words: string[]): Promise<Answer> {
  const { out } = await runCli([...words, '--json', '--config', join(site.directory, 'ossia.yaml')]);
  return JSON.parse(out) as Answer;
}

interface Live {
  readonly sessions: readonly { readonly id: string; readonly nas_identifier: string; readonly session_time: number }[];
}

test("a subscriber on hostapd is seen online, is ended through it, and the box's own Stop is the end of the session", async () => {
  await hostapd.logIn();
  const session = await until(async () => (await ask<Live>('sessions', '--login', 'bob')).sessions[0], 40_000, 300);
  expect(session).toMatchObject({ nas_identifier: 'hostapd-nas' });
  const done = await ask('sessions', 'disconnect', session.id, '--reason', 'peer test', '--wait', '20');
  expect(done).toMatchObject({
    outcome: 'ack',
    ended: true,
    // hostapd does not say why when it was told to cut, and we do not make up a cause.
    session: { state: 'closed', inferred: null, terminate_cause: 'None-Given' },
    said: expect.stringContaining('Disconnect-ACK'),
  });
}, 120_000);

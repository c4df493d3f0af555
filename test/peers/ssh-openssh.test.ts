// The ssh transport against real servers: OpenSSH of today, OpenSSH as old gear speaks, dropbear, and connections that break.
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { CommandResult } from '#core/plugin-sdk/device.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import { type SshPeer, type SshPeerOptions, startDropbear, startOpenSsh } from '#test/support/openssh.ts';
import { connectTransport, type TransportCaller } from '#test/support/transport-call.ts';
import { until } from '#test/support/until.ts';

const releasers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releasers.splice(0).reverse()) await release();
});

async function openSsh(options: SshPeerOptions = {}): Promise<SshPeer> {
  const peer = await startOpenSsh(options);
  releasers.push(peer.close);
  return peer;
}

function sshTo(peer: SshPeer, more: Record<string, unknown> = {}): TransportCaller {
  const { host, port, user, privateKey, fingerprint } = peer;
  const section = { host, port, user, private_key: privateKey, host_key: fingerprint, ...more };
  const ssh = connectTransport(sshTransport, section);
  releasers.push(ssh.close);
  return ssh;
}

const isAlive = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  );

describe('against OpenSSH of today', () => {
  test('a command comes back with exit code, output and errors apart', async () => {
    const ssh = sshTo(await openSsh());
    const result = await ssh.call<CommandResult>('read', 'echo out; echo err >&2; exit 3', { okCodes: [0, 3] });
    expect(result).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
    expect(ssh.exchanges).toEqual([
      { kind: 'sent', text: 'echo out; echo err >&2; exit 3' },
      { kind: 'received', text: 'exit 3\nout\nerr' },
    ]);
  });

  test('an exit code that was not expected is a refusal with the words of the box', async () => {
    const ssh = sshTo(await openSsh());
    await expect(ssh.call('run', 'echo "нет такого списка" >&2; exit 2')).rejects.toMatchObject({
      code: 'nas_refused',
      said: 'нет такого списка',
      details: { exitCode: 2 },
    });
    await expect(ssh.call('run', 'no-such-command')).rejects.toMatchObject({ details: { exitCode: 127 } });
  });

  test('a command that a signal ends is a refusal that names it', async () => {
    const ssh = sshTo(await openSsh());
    await expect(ssh.call('run', 'kill -SEGV $$')).rejects.toMatchObject({
      code: 'nas_refused',
      details: { signal: 'SIGSEGV' },
    });
  });

  test('Cyrillic survives in command, standard input and output', async () => {
    const ssh = sshTo(await openSsh());
    const text = 'Иванов Пётр «№ 7»\nвторая строка\n'.repeat(5_000);
    expect(await ssh.call('run', 'cat', { stdin: text })).toMatchObject({ stdout: text });
    expect(await ssh.call('run', "printf %s 'Ёжик'")).toMatchObject({ stdout: 'Ёжик' });
  });

  test('commands share one connection and at most max_channels run at once', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer, { max_channels: 2 });
    const counter = join(peer.folder, 'running');
    const command = `echo + >> ${counter}; sleep 0.2; echo - >> ${counter}; cat ${counter}`;
    await Promise.all(Array.from({ length: 6 }, () => ssh.call('read', command)));
    let now = 0;
    const most = (await readFile(counter, 'utf8'))
      .trim()
      .split('\n')
      .reduce((peak, sign) => {
        now += sign === '+' ? 1 : -1;
        return Math.max(peak, now);
      }, 0);
    expect(most).toBe(2);
    expect(await peer.sessionPids()).toHaveLength(1);
  });

  test('more channels than the server takes are told as busy', async () => {
    const ssh = sshTo(await openSsh({ lines: ['MaxSessions 1'] }), { max_channels: 2 });
    const first = ssh.call('read', 'sleep 1');
    await expect(ssh.call('read', 'true')).rejects.toMatchObject({ code: 'nas_busy' });
    await first;
  });

  test('a command that does not end is given up at the deadline, and the connection goes on', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer);
    const begun = Date.now();
    await expect(ssh.callWithin(1_000, 'run', 'sleep 10')).rejects.toMatchObject({ code: 'nas_timeout' });
    expect(Date.now() - begun).toBeLessThan(2_000);
    expect(await ssh.call('read', 'echo on')).toMatchObject({ stdout: 'on\n' });
    expect(await peer.sessionPids()).toHaveLength(1);
  });

  // OpenSSH hands our KILL on to other users' commands only; those of root end when they write to the closed channel.
  test('a command that still writes ends on the box after the deadline', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer);
    const file = join(peer.folder, 'pid');
    const call = ssh.callWithin(1_000, 'run', `echo $$ > ${file}; while echo on; do sleep 0.05; done`);
    await expect(call).rejects.toMatchObject({ code: 'nas_timeout' });
    const pid = Number(await readFile(file, 'utf8'));
    await until(async () => !(await isAlive(pid)), 5_000);
  });

  test('a command that is called off says so and not that the box was late', async () => {
    const ssh = sshTo(await openSsh());
    const stop = new AbortController();
    await ssh.call('read', 'true');
    const call = ssh.callUntil(stop.signal, 'run', 'sleep 10');
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
  });

  test('an output without end is cut off', async () => {
    const ssh = sshTo(await openSsh(), { max_output: '100KB' });
    await expect(ssh.call('read', 'yes')).rejects.toMatchObject({ code: 'nas_protocol', details: { limit: 102_400 } });
    expect(await ssh.call('read', 'head -c 99999 /dev/zero | tr "\\0" x')).toMatchObject({ exitCode: 0 });
  });

  test('a connection that drops in the middle rejects the command, and the next one connects anew', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer);
    await ssh.call('read', 'true');
    const call = ssh.call('run', 'sleep 10');
    const settled = expect(call).rejects.toMatchObject({ code: 'nas_unreachable' });
    for (const pid of await peer.sessionPids()) process.kill(pid, 'SIGKILL');
    await settled;
    expect(await ssh.call('read', 'echo again')).toMatchObject({ stdout: 'again\n' });
  });

  test('an idle connection is closed and opened again when needed', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer, { idle_close: '200ms' });
    await ssh.call('read', 'true');
    await until(async () => (await peer.sessionPids()).length === 0);
    expect(await ssh.call('read', 'echo back')).toMatchObject({ stdout: 'back\n' });
  });

  test('closing the transport rejects what runs', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer);
    await ssh.call('read', 'true');
    const settled = expect(ssh.call('run', 'sleep 10')).rejects.toMatchObject({ code: 'aborted' });
    await ssh.close();
    await settled;
    await expect(ssh.call('read', 'true')).rejects.toMatchObject({ code: 'aborted' });
  });

  test('a secret of the profile that a box prints is masked in journal and error', async () => {
    const peer = await openSsh();
    const ssh = sshTo(peer, { password: 'k0rova-sekret' });
    await expect(ssh.call('run', 'echo bad k0rova-sekret >&2; exit 1')).rejects.toMatchObject({ said: 'bad ***' });
    expect(JSON.stringify(ssh.exchanges)).not.toContain('k0rova');
    expect(ssh.describe('run', 'echo k0rova-sekret', { stdin: 'second line' })).toBe('echo ***\nsecond line');
  });
});

describe('credentials', () => {
  test('a key that the server does not know is refused as credentials', async () => {
    const peer = await openSsh();
    const other = await openSsh();
    const ssh = sshTo({ ...peer, privateKey: other.privateKey });
    await expect(ssh.call('read', 'true')).rejects.toMatchObject({ code: 'nas_auth' });
    await expect(ssh.call('read', 'true')).rejects.toMatchObject({ code: 'nas_auth' });
  });
});

describe('host keys', () => {
  test('a box with another key than the pin is turned away, both fingerprints named', async () => {
    const peer = await openSsh();
    const other = await openSsh();
    const call = sshTo(peer, { host_key: other.fingerprint }).call('read', 'true');
    await expect(call).rejects.toMatchObject({ code: 'nas_identity' });
    await expect(call).rejects.toThrow(peer.fingerprint);
    await expect(call).rejects.toThrow(other.fingerprint);
    expect(await sshTo(peer, { host_key: [other.fingerprint, peer.fingerprint] }).call('read', 'true')).toBeDefined();
  });

  test('known_hosts lets in the host that it names, hashed names too, and no other', async () => {
    const peer = await openSsh();
    const file = join(peer.folder, 'known_hosts');
    const ssh = () => sshTo(peer, { host_key: { known_hosts: file } }).call('read', 'true');
    await expect(ssh()).rejects.toMatchObject({ code: 'nas_identity' });
    await writeFile(file, `[127.0.0.1]:${peer.port + 1} ${peer.hostKey}\n`);
    await expect(ssh()).rejects.toThrow(/has no key of this host/);
    await writeFile(file, `# of the bras\nexample.org,[127.0.0.1]:${peer.port} ${peer.hostKey} note\n`);
    expect(await ssh()).toBeDefined();
    const { execFileSync } = await import('node:child_process');
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(await readFile(file, 'utf8')).toMatch(/\|1\|/);
    expect(await ssh()).toBeDefined();
    await writeFile(file, `@revoked * ${peer.hostKey}\n[127.0.0.1]:${peer.port} ${peer.hostKey}\n`);
    await expect(ssh()).rejects.toThrow(/revoked/);
  });

  test('tofu records the first key and turns a changed one away', async () => {
    const peer = await openSsh();
    const other = await openSsh();
    const file = join(peer.folder, 'seen');
    const policy = { host_key: { tofu: file } };
    expect(await sshTo(peer, policy).call('read', 'true')).toBeDefined();
    expect(await readFile(file, 'utf8')).toBe(`[127.0.0.1]:${peer.port} ${peer.hostKey}\n`);
    expect(await sshTo(peer, policy).call('read', 'true')).toBeDefined();
    await writeFile(file, `[127.0.0.1]:${peer.port} ${other.hostKey}\n`);
    const call = sshTo(peer, policy).call('read', 'true');
    await expect(call).rejects.toThrow(other.fingerprint);
    await expect(call).rejects.toThrow(peer.fingerprint);
  });
});

describe('against old gear', () => {
  test('it is reached with legacy: true, and without it the message says what to write', async () => {
    const peer = await openSsh({ legacy: true });
    const call = sshTo(peer).call('read', 'true');
    await expect(call).rejects.toMatchObject({ code: 'nas_protocol' });
    await expect(call).rejects.toThrow(/legacy: true/);
    const ssh = sshTo(peer, { legacy: true });
    expect(await ssh.call('read', 'echo старьё')).toMatchObject({ stdout: 'старьё\n' });
  });
});

describe('against dropbear', () => {
  test('commands, standard input and exit codes work', async () => {
    const peer = await startDropbear();
    releasers.push(peer.close);
    const ssh = sshTo(peer);
    expect(await ssh.call('run', 'cat; exit 4', { stdin: 'дропбэр', okCodes: [4] })).toEqual({
      exitCode: 4,
      stdout: 'дропбэр',
      stderr: '',
    });
  });
});

interface Proxy {
  readonly port: number;
  /** From now on bytes vanish in both directions, the sockets stay open. */
  blackHole(): void;
  reset(): void;
}

async function startProxy(target: number): Promise<Proxy> {
  const sockets: Socket[] = [];
  let isOpen = true;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (bytes) => isOpen && to.write(bytes));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  releasers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as { port: number }).port,
    blackHole: () => (isOpen = false),
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}

describe('connections that break', () => {
  test('a black hole is noticed by the keepalive, and the next command connects anew', async () => {
    const peer = await openSsh();
    const proxy = await startProxy(peer.port);
    const ssh = sshTo({ ...peer, port: proxy.port }, { keepalive: '200ms' });
    await ssh.call('read', 'true');
    proxy.blackHole();
    const begun = Date.now();
    await expect(ssh.call('run', 'echo lost')).rejects.toMatchObject({ code: 'nas_unreachable' });
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  test('a black hole ends a command at its deadline when that comes first', async () => {
    const peer = await openSsh();
    const proxy = await startProxy(peer.port);
    const ssh = sshTo({ ...peer, port: proxy.port });
    await ssh.call('read', 'true');
    proxy.blackHole();
    await expect(ssh.callWithin(500, 'run', 'echo lost')).rejects.toMatchObject({ code: 'nas_timeout' });
    await ssh.close();
  });

  test('a reset while many commands run rejects each of them', async () => {
    const peer = await openSsh();
    const proxy = await startProxy(peer.port);
    const ssh = sshTo({ ...peer, port: proxy.port }, { max_channels: 3 });
    await ssh.call('read', 'true');
    const calls = Array.from({ length: 3 }, () => ssh.call('run', 'sleep 10'));
    const settled = Promise.allSettled(calls);
    await until(() => ssh.exchanges.filter(({ kind }) => kind === 'sent').length === 4);
    proxy.reset();
    for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'nas_unreachable' } });
  });

  test('a host that takes the connection and stays silent is unreachable after connect_timeout', async () => {
    const peer = await openSsh();
    const proxy = await startProxy(peer.port);
    proxy.blackHole();
    const ssh = sshTo({ ...peer, port: proxy.port }, { connect_timeout: '300ms' });
    await expect(ssh.call('read', 'true')).rejects.toMatchObject({ code: 'nas_unreachable' });
  });

  test('a host that stays silent is unreachable at the deadline when that comes first', async () => {
    const peer = await openSsh();
    const proxy = await startProxy(peer.port);
    proxy.blackHole();
    const ssh = sshTo({ ...peer, port: proxy.port });
    await expect(ssh.callWithin(300, 'read', 'true')).rejects.toMatchObject({ code: 'nas_unreachable' });
  });

  test('a port that nobody listens on, and a peer that is no SSH server, are told apart', async () => {
    const peer = await openSsh();
    const web = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.0 400 no\r\n\r\n'),
    );
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    releasers.push(() => new Promise((resolve) => web.close(resolve)));
    const port = (web.address() as { port: number }).port;
    const refused = sshTo({ ...peer, port: 1 }).call('read', 'true');
    await expect(refused).rejects.toMatchObject({ code: 'nas_unreachable' });
    await expect(sshTo({ ...peer, port }).call('read', 'true')).rejects.toMatchObject({
      code: expect.stringMatching(/^nas_(protocol|unreachable)$/),
    });
  });
});

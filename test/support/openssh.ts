// Real SSH servers on loopback or in a network namespace: OpenSSH of today, OpenSSH as old gear speaks, and dropbear.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PeerProcess, startPeerProcess } from '#test/support/process.ts';

const exec = promisify(execFile);

export interface SshPeer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A key that the server lets in, as text. */
  readonly privateKey: string;
  /** The server's host key as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
  /** `type base64`, to make known_hosts lines of. */
  readonly hostKey: string;
  /** For files of the test; removed with the peer. */
  readonly folder: string;
  /** The processes that serve one connection each. */
  sessionPids(): Promise<number[]>;
  output(): string;
  close(): Promise<void>;
}

export interface SshPeerOptions {
  /** Only what gear of 2005 has: group1, ssh-rsa, CBC. */
  readonly legacy?: boolean;
  readonly netns?: string;
  readonly host?: string;
  /** Further lines of sshd_config. */
  readonly lines?: readonly string[];
}

const legacyLines = [
  'KexAlgorithms diffie-hellman-group1-sha1',
  'HostKeyAlgorithms ssh-rsa',
  'Ciphers aes128-cbc,3des-cbc',
  'MACs hmac-sha1,hmac-md5',
];

export async function startOpenSsh(options: SshPeerOptions = {}): Promise<SshPeer> {
  const { folder, privateKey } = await makeFolder();
  const host = options.host ?? '127.0.0.1';
  const port = options.netns ? 22 : await freeTcpPort();
  const type = options.legacy ? 'rsa' : 'ed25519';
  await makeKey(join(folder, 'host_key'), type);
  const config = [
    `ListenAddress ${host}:${port}`,
    `HostKey ${join(folder, 'host_key')}`,
    `PidFile ${join(folder, 'sshd.pid')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    // The home of whoever runs the tests may have a .bashrc that takes its time.
    `SetEnv HOME=${folder}`,
    ...(options.legacy ? legacyLines : []),
    ...(options.lines ?? []),
  ];
  await writeFile(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  // sshd as root insists on its empty privilege separation folder.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = await startPeerProcess({
    command: '/usr/sbin/sshd',
    args: ['-D', '-e', '-f', join(folder, 'sshd_config')],
    ready: /Server listening on/,
    netns: options.netns,
  });
  return peerOf({ folder, host, port, privateKey, process: sshd });
}

export async function startDropbear(): Promise<SshPeer> {
  const { folder, privateKey } = await makeFolder();
  const port = await freeTcpPort();
  const key = join(folder, 'host_key_dropbear');
  await exec('dropbearkey', ['-t', 'ed25519', '-f', key]);
  const { stdout } = await exec('dropbearkey', ['-y', '-f', key]);
  await writeFile(join(folder, 'host_key.pub'), `${stdout.split('\n').find((line) => line.startsWith('ssh-'))}\n`);
  // Dropbear reads the keys of the user's home only: it gets a mount namespace where that home is ours.
  const home = join(folder, 'home');
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  await writeFile(join(home, '.ssh', 'authorized_keys'), await readFile(join(folder, 'authorized_keys')), {
    mode: 0o600,
  });
  const dropbear = await startPeerProcess({
    command: 'unshare',
    args: [
      ...['-m', 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh', home, userInfo().homedir],
      ...['dropbear', '-F', '-E', '-r', key, '-p', `127.0.0.1:${port}`, '-P', join(folder, 'dropbear.pid')],
    ],
    ready: /Not backgrounding/,
  });
  return peerOf({ folder, host: '127.0.0.1', port, privateKey, process: dropbear });
}

interface Started {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly privateKey: string;
  readonly process: PeerProcess;
}

async function peerOf({ folder, host, port, privateKey, process }: Started): Promise<SshPeer> {
  const publicKey = join(folder, 'host_key.pub');
  const { stdout } = await exec('ssh-keygen', ['-lf', publicKey]);
  const [keyType, key] = (await readFile(publicKey, 'utf8')).split(' ');
  return {
    host,
    port,
    user: userInfo().username,
    privateKey,
    fingerprint: stdout.split(' ')[1] as string,
    hostKey: `${keyType} ${key?.trim()}`,
    folder,
    async sessionPids() {
      const tasks = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').catch(() => '');
      return tasks.split(' ').filter(Boolean).map(Number);
    },
    output: process.output,
    async close() {
      await process.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeFolder(): Promise<{ folder: string; privateKey: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ossia-ssh-'));
  await makeKey(join(folder, 'user_key'), 'ed25519');
  await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user_key.pub')));
  return { folder, privateKey: await readFile(join(folder, 'user_key'), 'utf8') };
}

async function makeKey(file: string, type: 'rsa' | 'ed25519'): Promise<void> {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  await exec('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-f', file]);
}

async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// A machine of its own under a real systemd: this one's programs and network, with settings, services and data that are gone afterwards.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childrenOf } from '#test/support/sandbox-workers.ts';
import { until } from '#test/support/until.ts';

export interface SystemdMachine {
  /** Runs a shell's line as its root, and gives what it said, wherever it said it; throws when it fails. */
  sh(line: string): Promise<string>;
  close(): Promise<void>;
}

const repository = new URL('../..', import.meta.url).pathname;

/** Targets that a service waits for, with nothing of a real machine's behind them. */
const targets = ['sysinit', 'basic', 'network-online', 'nss-lookup', 'multi-user', 'shutdown', 'machine'];

/** The repository is held as the current folder: it may itself stand below what is covered here. */
const boot = `set -e
echo $$ > "$1/cgroup.procs"
exec unshare --mount --pid --fork --cgroup --ipc --uts --mount-proc --kill-child /bin/sh -c '
set -e
cd "$1"
umount -R /sys/fs/cgroup || umount -l /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /run
mkdir -p /run/etc /run/units /opt
cp -a /etc/. /run/etc
mount --bind /run/etc /etc
rm -rf /etc/systemd/system/*
mount -t tmpfs none /opt
mkdir /opt/ossia
mount -c --bind /proc/self/cwd /opt/ossia
mount -t tmpfs none /var/lib
mount --make-rshared /
for target in $2; do printf "[Unit]\\nDefaultDependencies=no\\n" > /run/units/$target.target; done
export container=ossia SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/units
exec /lib/systemd/systemd --system --unit=machine.target --log-target=console --show-status=no
' sh "$2" "$3"`;

export async function startSystemdMachine(): Promise<SystemdMachine> {
  const group = join(cgroupMount(), `ossia-test-${process.pid}`);
  mkdirSync(group, { recursive: true });
  const child = spawn('/bin/sh', ['-c', boot, 'sh', group, repository, targets.join(' ')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  async function sh(line: string): Promise<string> {
    const [init = 0] = childrenOf(child.pid ?? 0);
    const inside = [
      '-t',
      String(init),
      '--mount',
      '--pid',
      '--cgroup',
      '--ipc',
      '--uts',
      '/bin/sh',
      '-ec',
      `exec 2>&1; ${line}`,
    ];
    try {
      return (
        await promisify(execFile)('nsenter', inside, { timeout: 60_000, env: { PATH: process.env['PATH'] ?? '' } })
      ).stdout;
    } catch (error) {
      const { stdout = '', message } = error as { readonly stdout?: string; readonly message: string };
      throw new Error(`${line}: ${message}\n${stdout}\n${said}`);
    }
  }

  async function close(): Promise<void> {
    child.kill('SIGKILL');
    await ended;
    // Emptied by the kernel, from the leaves up.
    await until(() => removeGroups(group), 10_000);
  }

  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error('it ended');
      return (await sh('systemctl is-system-running || true').catch(() => '')).match(/running|degraded/) !== null;
    }, 20_000);
  } catch (error) {
    await close();
    throw new Error(
      `No systemd of the test's own: it needs root, cgroup v2 that it may write to, and mounts (in a container: --privileged). ${said}`,
      { cause: error },
    );
  }
  return { sh, close };
}

function cgroupMount(): string {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1];
  if (mount === undefined) throw new Error('No cgroup v2 on this machine: mount -t cgroup2 none /sys/fs/cgroup');
  return mount;
}

function removeGroups(group: string): boolean {
  const inner = readdirSync(group, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = [group, ...inner.map(({ parentPath, name }) => join(parentPath, name))];
  try {
    for (const path of paths.sort((one, other) => other.length - one.length)) rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

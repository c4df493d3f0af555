// Before the tests: the Debian programs that serve as real peers are installed, or one line says which command does it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Package, and a file that proves it is there. */
const peers: Readonly<Record<string, string>> = {
  freeradius: '/usr/sbin/freeradius',
  'freeradius-utils': '/usr/bin/radclient',
  hostapd: '/usr/sbin/hostapd',
  wpasupplicant: '/usr/sbin/wpa_supplicant',
  'openssh-server': '/usr/sbin/sshd',
  'openssh-client': '/usr/bin/ssh-keygen',
  'dropbear-bin': '/usr/sbin/dropbear',
  'python3-librouteros': '/usr/lib/python3/dist-packages/librouteros/__init__.py',
  iproute2: '/sbin/ip',
  nftables: '/usr/sbin/nft',
  'iputils-ping': '/bin/ping',
  iperf3: '/usr/bin/iperf3',
  gcc: '/usr/bin/gcc',
  'libc6-dev': '/usr/include/dlfcn.h',
  procps: '/usr/bin/pgrep',
  openssl: '/usr/bin/openssl',
  radsecproxy: '/usr/sbin/radsecproxy',
  'inetutils-telnetd': '/usr/sbin/telnetd',
  systemd: '/lib/systemd/systemd',
};

const missing = Object.entries(peers).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
if (missing.length > 0 && !install(missing)) {
  process.stderr.write(
    `npm test needs real peers. Run: apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}\n`,
  );
  process.exit(1);
}
if (process.getuid?.() !== 0) {
  process.stderr.write('npm test makes network namespaces for its peers. Run it as root: sudo npm test\n');
  process.exit(1);
}

function install(names: readonly string[]): boolean {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...words: string[]): boolean => {
    const [command = '', ...args] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...words];
    return spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 }).status === 0;
  };
  process.stderr.write(`installing the peers that the tests need: ${names.join(' ')}\n`);
  return apt('update') && apt('install', '-y', '--no-install-recommends', ...names);
}

// A root of its own for a worker: an empty file system in memory with Node, what it loads and the engine in it, and its own processes.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Hidden for a worker alone, in a mount namespace of its own; every Linux has the folder, and no program lives in it. */
const root = '/sys';

/**
 * Starts what follows it as root of a user namespace, which may mount there, and is nobody outside. It goes by util-linux' own
 * tools, since Node can make neither namespaces nor mounts.
 */
export function rootLaunch(addon: string): { command: string; args: string[]; inmost: string[] } {
  return {
    command: '/usr/bin/unshare',
    // --kill-child: what is killed is the process that waits outside; the worker dies with it.
    args: [
      ...['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child', '--'],
      ...['/bin/sh', '-c', furnish(filesFor(addon)), 'sh'],
    ],
    // A user namespace in that one, which holds no right over the mounts; and who was put into a root by chroot may never make another.
    inmost: [
      ...['/usr/bin/env', '-i', '/usr/bin/prlimit', `--nproc=${threads}:${threads}`, '--'],
      ...['/usr/bin/unshare', '--user', '--map-user=65534', '--map-group=65534', `--root=${root}`, '--wd=/', '--'],
    ],
  };
}

/** Counted in the worker's own namespace, so that neither others of the same user count, nor it against them. */
export const threads = 64;

function filesFor(addon: string): string[] {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  const before = report.excludeNetwork;
  // Else it asks the DNS for the name of every peer.
  report.excludeNetwork = true;
  const { sharedObjects } = report.getReport() as { readonly sharedObjects: readonly string[] };
  report.excludeNetwork = before;
  // What somebody put in front of the daemon's libraries is not in front of a worker's, and may lie where the worker cannot go.
  const preloaded = (process.env['LD_PRELOAD'] ?? '').split(/[\s:]+/);
  const libraries = sharedObjects.filter(
    (file) => file.startsWith('/') && !file.endsWith('.node') && !preloaded.includes(file),
  );
  const files = [process.execPath, addon, ...libraries, '/etc/ld.so.cache'];
  return [...new Set(files)].filter((file) => existsSync(file));
}

/** One table and one `mount` for all: a process for each would double the time of a start. */
function furnish(files: readonly string[]): string {
  const folders = [...new Set(files.map((file) => quoted(`${root}${dirname(file)}`)))];
  const places = files.map((file) => quoted(`${root}${file}`));
  const table = files.map((file) => `${escaped(file)} ${root}${escaped(file)} none bind,ro,nosuid,nodev 0 0\n`);
  return `set -e
/bin/mount -n -t tmpfs -o mode=755,size=64k,nr_inodes=256 none ${root}
/bin/mkdir -p ${folders.join(' ')}
for place in ${places.join(' ')}; do : > "$place"; done
printf %s ${quoted(table.join(''))} > ${root}/table
/bin/mount -n -a -T ${root}/table
: > ${root}/table
/bin/mount -n -o remount,bind,ro,nosuid,nodev,noexec ${root}
exec "$@"`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** As fstab writes what would end a field. */
const escaped = (path: string): string =>
  path.replace(/[\s\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);

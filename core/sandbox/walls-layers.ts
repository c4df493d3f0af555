// What is started in front of a worker, one layer in the other, each of them raising walls of its own.
import { nobody } from './walls-probe.ts';
import { rootLaunch } from './walls-root.ts';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

export type LayerName = 'calls' | 'privileges' | 'namespaces' | 'root' | 'limits';

export interface Layer extends Launch {
  readonly name: LayerName;
  /** Its last step, which leaves nothing behind that the other layers are started from: right in front of the program. */
  readonly inmost?: readonly string[];
  /** What is said when it does not work here. */
  readonly remedy: string;
}

const allowNamespaces =
  'allow user namespaces (user.max_user_namespaces, kernel.unprivileged_userns_clone, AppArmor, seccomp profile, RestrictNamespaces of a unit)';

/**
 * Calls that no tool makes. close_range(2): the first four are the worker's own. prctl(2), PR_SET_MDWE: memory that was written is never
 * run, by whoever is started from here on; with --jitless Node lives without. Where the kernel does not know it, the probe tells.
 */
const prctl = process.arch === 'arm64' ? 167 : 157;
const calls = `syscall(436, 4, 4294967295, 0); syscall(${prctl}, 65, 1, 0, 0, 0); exec { $ARGV[0] } @ARGV`;

/** From outside in; each starts the next. From util-linux, mount, dash, coreutils and perl-base, which every Debian has. */
export function layersFor({ uid, addon }: { readonly uid: number; readonly addon: string }): readonly Layer[] {
  const ids = uid === 0 ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  return [
    {
      name: 'calls',
      command: '/usr/bin/perl',
      args: ['-e', calls, '--'],
      remedy: 'perl of perl-base must be there, and Linux 5.9 or newer',
    },
    {
      name: 'privileges',
      command: '/usr/bin/setpriv',
      args: [...ids, '--no-new-privs', '--'],
      remedy:
        uid === 0
          ? 'run the daemon as a user of its own, or let everybody read the folder of its program'
          : 'setpriv of util-linux must be there',
    },
    {
      name: 'namespaces',
      command: '/usr/bin/unshare',
      args: ['--user', '--map-current-user', '--net', '--ipc', '--uts', '--'],
      remedy: `the kernel or the container forbids user namespaces: ${allowNamespaces}`,
    },
    {
      name: 'root',
      ...rootLaunch(addon),
      remedy: `the kernel or the container forbids mounts or processes of its own: ${allowNamespaces}, and mounts in them; mount must be there`,
    },
    {
      name: 'limits',
      command: '/usr/bin/prlimit',
      // Inside the root, which is furnished by writing a file.
      args: ['--core=0', '--fsize=0', '--nofile=64:64', '--'],
      remedy: 'prlimit of util-linux must be there',
    },
  ];
}

export function within(layers: readonly Layer[], launch: Launch): Launch {
  const words = [...layers.flatMap(({ inmost = [] }) => inmost), launch.command, ...launch.args];
  const program: Launch = { command: words[0] ?? '', args: words.slice(1) };
  return layers.reduceRight<Launch>(
    (inner, { command, args }) => ({ command, args: [...args, inner.command, ...inner.args] }),
    program,
  );
}

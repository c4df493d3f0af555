// The walls around a worker that the operating system keeps: raised in front of its start, and looked at from inside before any is trusted.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { OssiaError } from '../errors.ts';
import { nobody, type ProbeReport, probeText, readProbe } from './walls-probe.ts';

export const wallNames = ['network', 'user', 'limits', 'files', 'environment'] as const;
export type WallName = (typeof wallNames)[number];

export interface WallReport {
  readonly name: WallName;
  readonly up: boolean;
  /** What holds, or what is missing and why. */
  readonly detail: string;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Walls {
  readonly report: readonly WallReport[];
  /** The same program behind them. */
  behind(launch: Launch): Launch;
}

interface Layer extends Launch {
  /** What is said when it does not work here. */
  readonly remedy: string;
}

/** From outside in; each starts the next. From util-linux, which every Debian has. */
function layersFor(uid: number): readonly Layer[] {
  const ids = uid === 0 ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  return [
    {
      command: '/usr/bin/prlimit',
      args: ['--core=0', '--fsize=0', '--nofile=64:64', '--'],
      remedy: 'prlimit of util-linux must be there',
    },
    {
      command: '/usr/bin/setpriv',
      args: [...ids, '--no-new-privs', '--'],
      remedy:
        uid === 0
          ? 'run the daemon as a user of its own, or let everybody read the folder of its program'
          : 'setpriv of util-linux must be there',
    },
    {
      command: '/usr/bin/unshare',
      args: ['--user', '--net', '--ipc', '--uts', '--'],
      remedy:
        'the kernel or the container forbids user namespaces: allow them (user.max_user_namespaces, kernel.unprivileged_userns_clone, AppArmor, seccomp profile)',
    },
  ];
}

interface WallsInput {
  /** How a worker is started, without walls. */
  readonly worker: Launch;
  /** The engine's native file: behind the walls a worker must still be able to load it. */
  readonly addon: string;
  readonly signal: AbortSignal;
}

export async function raiseWalls(input: WallsInput): Promise<Walls> {
  const layers = layersFor(process.getuid?.() ?? -1);
  const whole = await lookFromInside(layers, input);
  if (whole !== null) return { report: reportOf(whole, []), behind: (launch) => within(layers, launch) };
  // Each on top of those that stand: what root may do by itself, the user that the layer before made of it may not.
  const standing: Layer[] = [];
  const missing: Layer[] = [];
  let found = await lookFromInside([], input);
  for (const layer of layers) {
    const more = await lookFromInside([...standing, layer], input);
    if (more === null) missing.push(layer);
    else standing.push(layer);
    found = more ?? found;
  }
  return { report: reportOf(found, missing), behind: (launch) => within(standing, launch) };
}

/** The walls, or a refusal to start that says which are down and what would raise them. */
export async function requireWalls(input: WallsInput & { readonly mode: 'required' | 'available' }): Promise<Walls> {
  const walls = await raiseWalls(input);
  const down = walls.report.filter(({ up }) => !up);
  if (input.mode === 'available' || down.length === 0) return walls;
  const places = down.map(({ name, detail }) => `${name} (${detail})`).join('; ');
  throw new OssiaError(
    'config_invalid',
    `Plugins would run without some of their walls: ${places}. Mend that (ossia doctor looks again), or set sandbox.walls: available to run with those that stand.`,
  );
}

const reportOf = (found: ProbeReport | null, missing: readonly Layer[]): WallReport[] =>
  wallNames.map((name) => judged(name, found, missing));

function within(layers: readonly Layer[], launch: Launch): Launch {
  return layers.reduceRight<Launch>(
    (inner, { command, args }) => ({ command, args: [...args, inner.command, ...inner.args] }),
    launch,
  );
}

/** A listener of ours is what a worker could reach first if it could reach anything. */
async function lookFromInside(
  layers: readonly Layer[],
  { worker, addon, signal }: WallsInput,
): Promise<ProbeReport | null> {
  const listener = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  try {
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return await runProbe(within(layers, worker), probeText(port, addon), signal);
  } finally {
    listener.close();
  }
}

const probeMs = 10_000;

function runProbe({ command, args }: Launch, program: string, signal: AbortSignal): Promise<ProbeReport | null> {
  return new Promise((resolve) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(probeMs)]);
    const child = spawn(command, args, {
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: bounded,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(0, 65_536);
    });
    child.on('error', () => resolve(null));
    child.stdin.on('error', () => resolve(null));
    child.on('close', () => resolve(readProbe(text)));
    child.stdin.end(program);
  });
}

interface Rule {
  readonly stands: string;
  /** Empty when it does. */
  broken(found: ProbeReport): string;
  /** The tool that raises it; null: Node does, or we do. */
  readonly tool: string | null;
}

const rules: Readonly<Record<WallName, Rule>> = {
  network: {
    stands: 'no network at all, not even this machine',
    broken: ({ connected, interfaces }) =>
      connected
        ? 'a worker can open connections'
        : interfaces.length > 0
          ? `a worker sees ${interfaces.join(', ')}`
          : '',
    tool: '/usr/bin/unshare',
  },
  user: {
    stands: 'no privileges, none to be had, and not root',
    broken: ({ uid, canGain }) => (uid === 0 ? 'a worker is root' : canGain ? 'a worker can gain privileges' : ''),
    tool: '/usr/bin/setpriv',
  },
  limits: {
    stands: '64 open files, no file written, no core dump',
    broken: ({ openFiles }) => (openFiles === 64 ? '' : `a worker may open ${openFiles} files`),
    tool: '/usr/bin/prlimit',
  },
  files: {
    stands: "Node's permission model: no file, no child, no thread",
    broken: ({ readFile, startChild }) =>
      readFile ? 'a worker can read files' : startChild ? 'a worker can start programs' : '',
    tool: null,
  },
  environment: {
    stands: 'empty',
    broken: ({ variables }) => (variables.length === 0 ? '' : `a worker sees ${variables.join(', ')}`),
    tool: null,
  },
};

function judged(name: WallName, found: ProbeReport | null, missing: readonly Layer[]): WallReport {
  const rule = rules[name];
  if (found === null) return { name, up: false, detail: 'a worker does not start, also without walls' };
  const broken = rule.broken(found);
  const absent = missing.find(({ command }) => command === rule.tool);
  // From inside a namespace root looks like nobody, and is still root to the files outside.
  if (absent !== undefined) return { name, up: false, detail: `${broken || 'cannot be raised'}: ${absent.remedy}` };
  return { name, up: broken === '', detail: broken || rule.stands };
}

// The walls around a worker that the operating system keeps: raised in front of its start, and looked at from inside before any is trusted.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { OssiaError } from '../errors.ts';
import { type Launch, type Layer, layersFor, within } from './walls-layers.ts';
import { type ProbeReport, probeText, readProbe } from './walls-probe.ts';
import { reportOf, type WallReport } from './walls-rules.ts';

export interface Walls {
  readonly report: readonly WallReport[];
  /** The same program behind them. */
  behind(launch: Launch): Launch;
}

interface WallsInput {
  /** How a worker is started, without walls. */
  readonly worker: Launch;
  /** The engine's native file: behind the walls a worker must still be able to load it. */
  readonly addon: string;
  readonly signal: AbortSignal;
}

export async function raiseWalls(input: WallsInput): Promise<Walls> {
  const layers = layersFor({ uid: process.getuid?.() ?? -1, addon: input.addon });
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
  const down = walls.report.filter(({ up, needed }) => needed && !up);
  if (input.mode === 'available' || down.length === 0) return walls;
  const places = down.map(({ name, detail }) => `${name} (${detail})`).join('; ');
  throw new OssiaError(
    'config_invalid',
    `Plugins would run without some of their walls: ${places}. Mend that (ossia doctor looks again), or set sandbox.walls: available to run with those that stand.`,
  );
}

/** Which everybody may read, and no worker has to. */
const foreign = ['/etc/passwd', '/proc/self/status', fileURLToPath(import.meta.url)];

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
    const [said, compiled] = await Promise.all([
      run(within(layers, worker), probeText({ port, addon, stray, files: foreign }), signal),
      run(within(layers, compiling(worker)), `process.stdout.write('${lived}')`, signal),
    ]);
    const report = readProbe(said);
    return report && { ...report, runsWritten: compiled === lived };
  } finally {
    listener.close();
  }
}

/** It cannot be tried without machine code; Node with its compiler is such a try, and dies of it. */
const compiling = ({ command, args }: Launch): Launch => ({ command, args: args.filter((arg) => arg !== '--jitless') });
const lived = 'lived';

const probeMs = 10_000;
const stray = 60;

/** What it said; nothing when it could not be run. */
function run({ command, args }: Launch, program: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(probeMs)]);
    const child = spawn(command, args, {
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'ignore', ...Array<'ignore'>(stray - 3).fill('ignore'), 'pipe'],
      signal: bounded,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(0, 65_536);
    });
    child.on('error', () => resolve(''));
    child.stdin?.on('error', () => resolve(''));
    child.on('close', () => resolve(text));
    child.stdin?.end(program);
  });
}

// `ossia doctor`: is this machine fit for the daemon: the walls around plugins, the disk, the kernel's limits.
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toOssiaError } from '../errors.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io } from './command.ts';
import { clean, table } from './text.ts';

const help = `usage: ossia doctor [--config ossia.yaml]

Tries what the daemon needs of this machine, as the user who runs this: the walls that the system keeps around plugins, looked at
from inside a worker's process; whether the data folder can be written and how long a sync to its disk takes; the kernel's
limits. Changes nothing and needs no running daemon.

  --config PATH   another settings file
  --json          print one JSON document

exit codes
  0  fit
  1  something that the daemon needs is missing
  2  used wrongly
`;

interface Finding {
  readonly name: string;
  /** `advice`: it works, and could be better. */
  readonly verdict: 'good' | 'advice' | 'bad';
  readonly detail: string;
}

export const doctor: Command = {
  help,
  async run(argv, io) {
    const { options } = readArguments(argv, { options: { config: 'value', json: 'flag' }, words: 0 });
    const findings = await examine(options.config, io);
    const ok = findings.every(({ verdict }) => verdict !== 'bad');
    if (options.json === undefined) io.out(shown(findings, io));
    else io.out(`${JSON.stringify({ ok, findings }, null, 2)}\n`);
    return ok ? exitCodes.ok : exitCodes.refused;
  },
};

async function examine(config: string | undefined, io: Io): Promise<Finding[]> {
  const { loadSettings } = await import('../config/load-settings.ts');
  try {
    const settings = await loadSettings({ ...(config === undefined ? {} : { file: config }), env: io.env });
    const read: Finding = { name: 'settings', verdict: 'good', detail: settings.file ?? 'none: all are defaults' };
    return [read, ...(await walls(settings.sandbox.walls)), await disk(settings.data), ...(await kernel())];
  } catch (error) {
    return [{ name: 'settings', verdict: 'bad', detail: toOssiaError(error).message }];
  }
}

const wallsMs = 30_000;

async function walls(mode: 'required' | 'available'): Promise<Finding[]> {
  const { raiseWalls } = await import('../sandbox/walls.ts');
  const { addonFile } = await import('../sandbox/worker-code.ts');
  const { workerLaunch } = await import('../sandbox/worker-process.ts');
  const signal = AbortSignal.timeout(wallsMs);
  try {
    const { report } = await raiseWalls({ worker: workerLaunch, addon: addonFile(), signal });
    const down = mode === 'required' ? 'bad' : 'advice';
    return report.map(({ name, up, needed, detail }) => {
      const verdict = up ? 'good' : needed ? down : 'advice';
      return { name: `wall ${name}`, verdict, detail };
    });
  } catch (error) {
    return [{ name: 'sandbox', verdict: 'bad', detail: toOssiaError(error).message }];
  }
}

const syncs = 20;
/** Group commit makes of one sync many events; a disk slower than this is felt all the same. */
const slowSyncMs = 20;

async function disk(directory: string): Promise<Finding> {
  const file = join(directory, `.ossia-doctor-${process.pid}`);
  try {
    const handle = await open(file, 'wx');
    const times: number[] = [];
    try {
      for (let round = 0; round < syncs; round++) {
        await handle.write('x'.repeat(4096));
        const began = performance.now();
        await handle.datasync();
        times.push(performance.now() - began);
      }
    } finally {
      await handle.close();
      await rm(file);
    }
    const median = times.sort((one, other) => one - other)[syncs / 2] ?? 0;
    const detail = `${directory} can be written; a sync takes ${median.toFixed(2)} ms`;
    return { name: 'disk', verdict: median > slowSyncMs ? 'advice' : 'good', detail };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      return { name: 'disk', verdict: 'advice', detail: `${directory} is not there yet; the daemon makes it` };
    return { name: 'disk', verdict: 'bad', detail: `${directory} cannot be written (${code}); see that this user may` };
  }
}

/** What a burst of accounting needs: 4 MB hold about 20,000 packets. */
const wantedBuffer = 4 * 1024 ** 2;

async function kernel(): Promise<Finding[]> {
  const most = Number(await readFile('/proc/sys/net/core/rmem_max', 'utf8').catch(() => ''));
  if (!(most > 0)) return [];
  const enough = most >= wantedBuffer;
  const detail = enough
    ? `up to ${most} bytes`
    : `up to ${most} bytes; bursts of accounting want sysctl net.core.rmem_max=${wantedBuffer}`;
  return [{ name: 'UDP buffer', verdict: enough ? 'good' : 'advice', detail }];
}

const words = { good: 'ok', advice: 'note', bad: 'NO' } as const;
const tones = { good: 'good', advice: 'busy', bad: 'bad' } as const;

function shown(findings: readonly Finding[], io: Io): string {
  return table(findings, {
    io,
    columns: [
      { title: 'CHECK', text: ({ name }) => name },
      { title: '', text: ({ verdict }) => words[verdict], tone: ({ verdict }) => tones[verdict] },
      { title: 'WHAT WAS FOUND', text: ({ detail }) => clean(detail) },
    ],
  });
}

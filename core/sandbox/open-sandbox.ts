// Opens the sandbox: some worker processes for all programs, one for those that did harm, each replaced when it ends.
import { OssiaError } from '../errors.ts';
import { createLimit } from '../model/limit.ts';
import { openGuest } from './guest.ts';
import { createKnownSources } from './known-sources.ts';
import { createResidents } from './residents.ts';
import type { Guest, Recycling, Sandbox } from './sandbox.ts';
import { createUsages } from './usage.ts';
import type { Walls } from './walls.ts';
import { buildWorkerCode } from './worker-code.ts';
import { startWorker, type WorkerProcess, workerLaunch } from './worker-process.ts';
import { openWorkerSlot, type WorkerSlot } from './worker-slot.ts';

export interface SandboxInput {
  /** How many worker processes share the programs. */
  readonly workers: number;
  /** Megabytes that one worker may hold, besides a little for each isolate, before it is replaced. */
  readonly workerMemoryMb?: number;
  /** How many isolates stay in memory at about 2 MB each; a program beyond that is loaded again with its next call. */
  readonly residentIsolates?: number;
  readonly recycling?: Recycling;
  /** Puts a worker's start behind the walls of the system; see walls.ts. */
  readonly behind?: Walls['behind'];
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

const knownSources = 64;
/** A worker loads one after the other anyway. */
const loadsAtOnce = 8;
const never: Recycling = {
  runs: Number.POSITIVE_INFINITY,
  ageMs: Number.POSITIVE_INFINITY,
  memory: Number.POSITIVE_INFINITY,
};

export async function openSandbox(input: SandboxInput): Promise<Sandbox> {
  const { workers, workerMemoryMb = 512, residentIsolates = 192, recycling = never, behind, log } = input;
  const launch = behind?.(workerLaunch) ?? workerLaunch;
  const code = await buildWorkerCode();
  const guests = new Set<Guest>();
  const residents = createResidents(residentIsolates);
  const loading = createLimit(loadsAtOnce);
  const sources = createKnownSources(knownSources);
  const usages = createUsages();
  const closing = new AbortController();
  let restarts = 0;
  let recycled = 0;
  let nextGuest = 1;
  let ward: WorkerSlot | null = null;

  function start(): WorkerProcess {
    return startWorker({
      code,
      launch,
      memoryMb: workerMemoryMb,
      onEnd: (words) => {
        if (!closing.signal.aborted) log('warn', words);
      },
    });
  }

  function openSlot(): WorkerSlot {
    return openWorkerSlot({
      start,
      onRestart: () => {
        restarts += 1;
      },
    });
  }

  const slots = Array.from({ length: Math.max(1, workers) }, openSlot);
  try {
    await Promise.all(slots.map((slot) => slot.worker().ready));
  } catch (cause) {
    await close();
    throw new OssiaError(
      'internal',
      `The sandbox worker does not start: ${cause instanceof Error ? cause.message : ''}`,
    );
  }

  function place(apart: boolean): WorkerProcess {
    if (apart) {
      ward ??= openSlot();
      return ward.worker();
    }
    const [first, ...others] = slots.map((slot) => slot.worker()) as [WorkerProcess, ...WorkerProcess[]];
    return others.reduce((least, worker) => (worker.tenants.size < least.tenants.size ? worker : least), first);
  }

  async function close(): Promise<void> {
    closing.abort();
    await Promise.all([...guests].map((guest) => guest.close()));
    const all = [...slots, ...(ward ? [ward] : [])];
    await Promise.all(all.map((slot) => slot.close()));
  }

  return {
    async load(program) {
      if (closing.signal.aborted) throw new OssiaError('stopping', 'The sandbox is closed.');
      const meter = usages.open(program.owner);
      try {
        const guest: Guest = await openGuest({
          program,
          place,
          nextId: () => nextGuest++,
          log,
          known: sources.find(program.source),
          onLoading: (offer) => sources.add(program.source, offer),
          residents,
          loading,
          meter,
          recycling,
          onRecycled: () => {
            recycled += 1;
          },
          onClose: () => {
            guests.delete(guest);
            meter.close();
          },
        });
        guests.add(guest);
        return guest;
      } catch (error) {
        meter.close();
        throw error;
      }
    },
    stats: () => ({
      workers: slots.length + (ward ? 1 : 0),
      guests: guests.size,
      workerRestarts: restarts,
      recycled,
      plugins: usages.byPlugin(),
    }),
    usageOf: usages.ofNas,
    close,
  };
}

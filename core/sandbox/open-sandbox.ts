// Opens the sandbox: worker processes for each plugin, one more for those of its programs that did harm, each replaced when it ends.
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
  /** How many worker processes the programs of one plugin share; another plugin has others. */
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

/** The workers of one plugin. */
interface House {
  readonly slots: readonly WorkerSlot[];
  ward: WorkerSlot | null;
  guests: number;
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
  const houses = new Map<string, House>();
  const residents = createResidents(residentIsolates);
  const loading = createLimit(loadsAtOnce);
  const sources = createKnownSources(knownSources);
  const usages = createUsages();
  const closing = new AbortController();
  let restarts = 0;
  let recycled = 0;
  let nextGuest = 1;

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

  const spare = Array.from({ length: Math.max(1, workers) }, openSlot);
  try {
    await Promise.all(spare.map((slot) => slot.worker().ready));
  } catch (cause) {
    await close();
    throw new OssiaError(
      'internal',
      `The sandbox worker does not start: ${cause instanceof Error ? cause.message : ''}`,
    );
  }

  /** A plugin that computes, or brings its worker down, keeps only its own boxes waiting. */
  function moveIn(plugin: string): House {
    const house = houses.get(plugin) ?? {
      slots: Array.from({ length: Math.max(1, workers) }, () => spare.pop() ?? openSlot()),
      ward: null,
      guests: 0,
    };
    houses.set(plugin, house);
    house.guests += 1;
    return house;
  }

  function moveOut(plugin: string, house: House): void {
    house.guests -= 1;
    // At the end all are closed in one go, and waited for.
    if (house.guests > 0 || closing.signal.aborted) return;
    houses.delete(plugin);
    spare.push(...house.slots);
    house.ward?.close();
  }

  function place(house: House, apart: boolean): WorkerProcess {
    if (closing.signal.aborted) throw new OssiaError('stopping', 'The sandbox is closed.');
    if (apart) {
      house.ward ??= openSlot();
      return house.ward.worker();
    }
    const [first, ...others] = house.slots.map((slot) => slot.worker()) as [WorkerProcess, ...WorkerProcess[]];
    return others.reduce((least, worker) => (worker.tenants.size < least.tenants.size ? worker : least), first);
  }

  function allSlots(): WorkerSlot[] {
    return [...spare, ...[...houses.values()].flatMap(({ slots, ward }) => (ward ? [...slots, ward] : slots))];
  }

  async function close(): Promise<void> {
    closing.abort();
    await Promise.all([...guests].map((guest) => guest.close()));
    await Promise.all(allSlots().map((slot) => slot.close()));
  }

  return {
    async load(program) {
      if (closing.signal.aborted) throw new OssiaError('stopping', 'The sandbox is closed.');
      const meter = usages.open(program.owner);
      const plugin = program.owner?.plugin ?? '';
      const house = moveIn(plugin);
      const leave = (): void => {
        meter.close();
        moveOut(plugin, house);
      };
      try {
        const guest: Guest = await openGuest({
          program,
          place: (apart) => place(house, apart),
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
            leave();
          },
        });
        guests.add(guest);
        return guest;
      } catch (error) {
        leave();
        throw error;
      }
    },
    stats: () => ({
      workers: allSlots().length,
      guests: guests.size,
      workerRestarts: restarts,
      recycled,
      plugins: usages.byPlugin(),
    }),
    usageOf: usages.ofNas,
    close,
  };
}

// A program that can be run: it has an isolate now, or gets a fresh one with its next call.
import { OssiaError } from '../errors.ts';
import { type Instance, type Loaded, openInstance } from './instance.ts';
import { limits } from './limits.ts';
import type { Residents } from './residents.ts';
import type { Guest, GuestCall, GuestResult, Program, Recycling } from './sandbox.ts';
import { mapStack } from './source-map.ts';
import type { UsageMeter } from './usage.ts';
import type { WorkerProcess } from './worker-process.ts';

interface GuestInput {
  readonly program: Program;
  /** What the same source offered before: then its isolate waits for the first call. */
  readonly known: Promise<Loaded> | undefined;
  /** A worker for the next isolate: among the others, or apart with those that did harm. */
  readonly place: (apart: boolean) => WorkerProcess;
  readonly nextId: () => number;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  readonly onLoading: (offer: Promise<Loaded>) => void;
  readonly residents: Residents;
  loading(work: () => Promise<void>): Promise<void>;
  readonly meter: UsageMeter;
  readonly recycling: Recycling;
  readonly onRecycled: () => void;
  readonly onClose: () => void;
}

export async function openGuest(input: GuestInput): Promise<Guest> {
  const { program, known, place, nextId, log, onLoading, residents, loading, meter, recycling, onRecycled, onClose } =
    input;
  let apartUntil = 0;
  let closed = false;
  let instance: Instance | null = null;
  let successor: Instance | null = null;
  /** What ran in them may still run. */
  const retired = new Set<Instance>();
  let notBefore = 0;

  function open(): Instance {
    const apart = Date.now() < apartUntil;
    return openInstance({
      id: nextId(),
      program,
      worker: place(apart),
      apart,
      meter,
      onIdle: residents.makeRoom,
      onOffence(why) {
        if (apartUntil === 0 && why !== null) log('warn', `${program.name} ${why}: it runs apart for a while`);
        apartUntil = Date.now() + limits.wardMs;
      },
    });
  }

  function fitInstance(): Instance {
    const over = apartUntil > 0 && Date.now() >= apartUntil;
    if (over) apartUntil = 0;
    if (!instance?.isFit() || over) {
      retire();
      instance = open();
    }
    residents.use(instance);
    if (!successor && instance.isWorn(recycling) && Date.now() >= notBefore) renew();
    return instance;
  }

  function retire(): void {
    for (const one of retired) if (one.isIdle()) retired.delete(one);
    if (!instance) return;
    retired.add(instance);
    instance.retire();
  }

  /** The worn one serves until the fresh one has been loaded, and what runs in it ends there. */
  async function renew(): Promise<void> {
    // One that is worn by what the plugin holds at once would be replaced over and over.
    notBefore = Date.now() + limits.recyclePauseMs;
    const fresh = open();
    successor = fresh;
    const offer = await fresh.offer;
    successor = null;
    if (offer.type !== 'loaded' || closed) {
      if (!closed) log('warn', `${program.name} could not be loaded anew, and goes on in its old isolate`);
      return fresh.close();
    }
    retire();
    instance = fresh;
    residents.use(fresh);
    onRecycled();
  }

  async function firstOffer(): Promise<Loaded> {
    let offer = await fitInstance().offer;
    // A worker may die of another plugin; twice in a row, the second time apart, it is this one's doing.
    if (offer.type === 'lost' && !closed) offer = await fitInstance().offer;
    if (offer.type === 'loaded') return offer;
    if (offer.type === 'lost' && offer.innocent) {
      throw new OssiaError('worker_lost', `${program.name} could not be loaded: ${offer.why}.`);
    }
    const message = offer.type === 'lost' ? `it brings down its worker (${offer.why})` : offer.message;
    const { stack, top } = mapStack(offer.type === 'lost' ? '' : offer.stack, program.sourceMap);
    throw new OssiaError('plugin_invalid', `${program.name} does not load: ${message}${top && ` (${top})`}`, {
      ...(top && { fields: [{ where: top, problem: message }] }),
      ...(stack && { cause: stack }),
    });
  }

  function refusal(hook: string): OssiaError | null {
    if (closed) return new OssiaError('aborted', `${program.name} was unloaded.`);
    return has(hook) ? null : new OssiaError('not_found', `${program.name} has no ${hook}.`);
  }

  function has(hook: string): boolean {
    return besides.has(hook) || hooks.has(hook === 'listUsers' ? 'users_from_nas' : hook);
  }

  function loadNow(): Promise<Loaded> {
    const first = within(limits.loadMs, firstOffer(), program.name).catch(giveUp);
    onLoading(first);
    return first;
  }

  // When the source did not load for another profile, this one finds out for itself.
  const offer = (known && (await known.catch(() => null))) ?? (await loadNow());
  const hooks = new Set(offer.hooks);
  const besides = new Set<string>(offer.besides);

  /** In turn with others: isolates that all load at once for one run each are all in memory at once. */
  async function loadAndRun(call: GuestCall): Promise<GuestResult> {
    await loading(async () => {
      if (!closed) await fitInstance().offer;
    });
    const error = refusal(call.hook);
    return error ? { type: 'failed', error } : fitInstance().run(call);
  }

  function giveUp(error: unknown): never {
    closed = true;
    instance?.close();
    throw error;
  }

  return {
    hooks,
    besides,
    run(call) {
      const error = refusal(call.hook);
      if (error) return Promise.resolve({ type: 'failed', error });
      return instance?.isFit() ? fitInstance().run(call) : loadAndRun(call);
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const one of [instance, successor, ...retired]) one?.close();
      onClose();
    },
  };
}

async function within<T>(ms: number, promise: Promise<T>, name: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new OssiaError('worker_lost', `${name} did not load in ${ms} ms.`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

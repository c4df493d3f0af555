// A program that can be run: it has an isolate now, or gets a fresh one with its next call.
import { OssiaError } from '../errors.ts';
import { mapStack } from '../plugin-host/source-map.ts';
import { type Instance, type Offer, openInstance } from './instance.ts';
import { limits } from './limits.ts';
import type { Guest, Program } from './sandbox.ts';
import type { WorkerProcess } from './worker-process.ts';

interface GuestInput {
  readonly program: Program;
  /** A worker for the next isolate: among the others, or apart with those that did harm. */
  readonly place: (apart: boolean) => WorkerProcess;
  readonly nextId: () => number;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  readonly onCpu: (ms: number) => void;
  readonly onClose: () => void;
}

export async function openGuest({ program, place, nextId, log, onCpu, onClose }: GuestInput): Promise<Guest> {
  let apartUntil = 0;
  let closed = false;
  let instance = open();

  function open(): Instance {
    return openInstance({
      id: nextId(),
      program,
      worker: place(Date.now() < apartUntil),
      onCpu,
      onOffence(why) {
        if (apartUntil === 0) log('warn', `${program.name} ${why}: it runs apart from other plugins for a while`);
        apartUntil = Date.now() + limits.wardMs;
      },
    });
  }

  function fitInstance(): Instance {
    const over = apartUntil > 0 && Date.now() >= apartUntil;
    if (over) apartUntil = 0;
    if (instance.isFit() && !over) return instance;
    instance.retire();
    instance = open();
    return instance;
  }

  async function firstOffer(): Promise<Offer & { type: 'loaded' }> {
    let offer = await instance.offer;
    // A worker may die of another plugin; twice in a row, the second time apart, it is this one's doing.
    if (offer.type === 'lost') offer = await fitInstance().offer;
    if (offer.type === 'loaded') return offer;
    const message = offer.type === 'lost' ? `it brings down its worker (${offer.why})` : offer.message;
    const { stack, top } = mapStack(offer.type === 'lost' ? '' : offer.stack, program.sourceMap);
    throw new OssiaError('plugin_invalid', `${program.name} does not load: ${message}${top && ` (${top})`}`, {
      ...(top && { fields: [{ where: top, problem: message }] }),
      ...(stack && { cause: stack }),
    });
  }

  function close(): void {
    if (closed) return;
    closed = true;
    instance.close();
    onClose();
  }

  try {
    const { hooks, hasSelfTest } = await within(limits.loadMs, firstOffer(), program.name);
    const names = new Set(hooks);
    return {
      hooks: names,
      hasSelfTest,
      run(call) {
        const known = call.hook === 'selfTest' ? hasSelfTest : names.has(call.hook);
        const error = closed
          ? new OssiaError('aborted', `${program.name} was unloaded.`)
          : known
            ? null
            : new OssiaError('not_found', `${program.name} has no ${call.hook}.`);
        return error ? Promise.resolve({ type: 'failed', error }) : fitInstance().run(call);
      },
      async close() {
        close();
      },
    };
  } catch (error) {
    instance.close();
    throw error;
  }
}

async function within<T>(ms: number, promise: Promise<T>, name: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new OssiaError('plugin_invalid', `${name} did not load in ${ms} ms.`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// One program loaded into one isolate of one worker, with the runs that are in it now.
import { OssiaError } from '../errors.ts';
import { limits } from './limits.ts';
import { createRun, type Run } from './run.ts';
import type { BesidesHooks, GuestCall, GuestResult, Program, Recycling } from './sandbox.ts';
import { type Fault, ownCalls, type ToHost } from './to-host.ts';
import type { UsageMeter } from './usage.ts';
import type { Tenant, WorkerProcess } from './worker-process.ts';

/** What the plugin offers, or why it does not load. */
export type Offer =
  | {
      readonly type: 'loaded';
      readonly hooks: readonly string[];
      readonly besides: readonly BesidesHooks[];
    }
  | { readonly type: 'rejected'; readonly message: string; readonly stack: string }
  /** `innocent`: nothing says that it was the plugin's doing. */
  | { readonly type: 'lost'; readonly why: string; readonly innocent: boolean };

export type Loaded = Offer & { readonly type: 'loaded' };

export interface Instance {
  readonly worker: WorkerProcess;
  readonly offer: Promise<Offer>;
  /** False once it is to take no new run. */
  isFit(): boolean;
  isIdle(): boolean;
  /** A fresh one should take its place. */
  isWorn(when: Recycling): boolean;
  run(call: GuestCall): Promise<GuestResult>;
  /** Takes no new runs and frees the isolate when the last has ended. */
  retire(): void;
  /** Ends what runs and frees the isolate. */
  close(): void;
}

interface InstanceInput {
  readonly id: number;
  readonly program: Program;
  readonly worker: WorkerProcess;
  /** Already with those that did harm. */
  readonly apart: boolean;
  /** The next isolate of this program should be kept apart, for what it did, or, null, since it may have killed its worker. */
  readonly onOffence: (why: string | null) => void;
  readonly meter: UsageMeter;
  /** It has nothing to do for now. */
  readonly onIdle: () => void;
}

const faultErrors = {
  cpu: ['cpu_exceeded', 'computed for longer than it may without waiting'],
  memory: ['memory_exceeded', 'used more memory than it may'],
  limit: ['call_limit', 'got around the limits of its calls and log lines'],
  broken: ['plugin_error', 'left its isolate unusable'],
  starved: ['worker_lost', 'got too little CPU, for the machine is too busy'],
} as const satisfies Record<Fault, readonly [string, string]>;

export function openInstance({ id, program, worker, apart, onOffence, meter, onIdle }: InstanceInput): Instance {
  const runs = new Map<number, Run>();
  const openedAt = Date.now();
  let nextRun = 1;
  let heap = 0;
  let hogged = 0;
  let countedAt = openedAt;
  let fit = true;
  let loading = true;
  let settleOffer: (offer: Offer) => void = () => {};
  const offer = new Promise<Offer>((resolve) => {
    settleOffer = resolve;
  });

  /** Nothing, unless it was being loaded: who waits for that must not wait for ever. */
  function neverLoads(why: string, innocent: boolean): void {
    loading = false;
    settleOffer({ type: 'lost', why, innocent });
  }

  function leave(): void {
    fit = false;
    if (runs.size > 0 || !worker.tenants.has(id)) return;
    meter.holds(id, 0);
    worker.detach(id);
    neverLoads('it was unloaded', true);
    worker.send({ type: 'unload', guest: id });
  }

  /** Below every limit, and yet its neighbours wait for it more than not: counted as what is left of an allowance. */
  function isHog(longMs: number): boolean {
    const now = Date.now();
    hogged = Math.max(0, hogged - (now - countedAt) * limits.longShare) + longMs;
    countedAt = now;
    return fit && !apart && worker.tenants.size > 1 && hogged > limits.longMs;
  }

  function endAll(endOf: (run: number) => OssiaError): void {
    fit = false;
    for (const [number, run] of [...runs]) run.fail(endOf(number));
  }

  function takeFault(fault: Fault, guilty: number): void {
    const [code, what] = faultErrors[fault];
    const name = program.name;
    neverLoads(`it ${what}`, fault === 'starved');
    if (fault !== 'starved') onOffence(what);
    endAll((run) =>
      run === guilty
        ? new OssiaError(code, `${name} ${what}.`)
        : new OssiaError('run_lost', `The isolate of ${name} was given up because another run in it ${what}.`),
    );
    leave();
  }

  const tenant: Tenant = {
    receive(message: ToHost) {
      if (message.type === 'loaded' || message.type === 'rejected') {
        if (!loading) return false;
        loading = false;
        settleOffer(message);
        if (message.type === 'loaded') {
          onIdle();
          return true;
        }
        const reason = `${program.name} does not load: ${message.message}`;
        endAll(() => new OssiaError('plugin_invalid', reason));
        leave();
      } else if (message.type === 'fault') {
        takeFault(message.fault, message.run);
      } else if (message.type === 'abandoned') {
        // A run that does not let go would stay in the isolate for ever.
        if (!message.settled) leave();
        return false;
      } else if (message.type === 'call' || message.type === 'log' || message.type === 'ended') {
        const run = runs.get(message.run);
        if (!run) return false;
        if (message.type === 'call' && message.transport !== ownCalls) meter.called();
        if (run.take(message) === 'over limit') {
          worker.kill(`${program.name} got around its limits`);
          takeFault('limit', message.run);
        }
      }
      return true;
    },
    used({ cpuMs, longMs, heapBytes }) {
      meter.computed(cpuMs);
      meter.holds(id, heapBytes);
      heap = heapBytes;
      if (isHog(longMs)) {
        onOffence('computes for long again and again');
        leave();
      }
    },
    lost(why, part) {
      const suspect = part === 'suspect';
      if (suspect) onOffence(null);
      meter.holds(id, 0);
      neverLoads(why, !suspect);
      const text = `The sandbox worker of ${program.name} is gone: ${why}`;
      endAll(() =>
        part === 'bystander'
          ? new OssiaError('run_lost', `${text}; it was not at work for this one.`)
          : new OssiaError('worker_lost', `${text}.`, { details: { suspect } }),
      );
    },
    sliceMs: () =>
      limits.sliceStepMs + Math.max(limits.wallPerCpu * program.limits.cpuMs, loading ? limits.loadCpuMs : 0),
    // JSON in JSON at worst doubles, UTF-8 at worst triples.
    maxMessageBytes: () => 6 * Math.max(limits.answerBytes, program.limits.maxCallBytes) + 1024,
  };

  worker.attach(id, tenant);
  worker.send({
    type: 'load',
    guest: id,
    source: program.source,
    device: program.device,
    streams: program.streams,
    limits: program.limits,
  });

  return {
    worker,
    offer,
    isFit: () => fit && worker.isAlive(),
    isIdle: () => runs.size === 0 && !loading,
    isWorn: ({ runs: most, ageMs, memory }) =>
      nextRun > most || Date.now() - openedAt >= ageMs || heap > memory * program.limits.memoryMb * 1024 * 1024,
    run(call) {
      const number = nextRun++;
      const began = performance.now();
      return new Promise((resolve) => {
        const run = createRun({
          program,
          call,
          answer: ({ call: callId, ok, json }) =>
            worker.send({ type: 'answer', guest: id, run: number, call: callId, ok, json }),
          abandon: (json) => worker.send({ type: 'abandon', guest: id, run: number, json }),
          onEnd(result) {
            runs.delete(number);
            meter.ran(performance.now() - began);
            if (!fit) leave();
            else if (runs.size === 0) onIdle();
            resolve(result);
          },
        });
        if (!run) return;
        runs.set(number, run);
        worker.send({ type: 'run', guest: id, run: number, hook: call.hook, input: JSON.stringify(call.input) });
      });
    },
    retire: leave,
    close() {
      endAll(() => new OssiaError('aborted', `${program.name} was unloaded.`));
      leave();
    },
  };
}

// Who runs now: takes heads of lanes through the gate of their NAS, has them run there, and settles what came of it.
import { isUnreachable, toOssiaError } from '../errors.ts';
import { journalOf, type RunRecord } from '../journal/journal-of.ts';
import { type Account, nasRefOf } from '../model/account.ts';
import type { Job } from '../model/job.ts';
import type { HookReport, Nas, NasDirectory } from '../plugin-host/nas.ts';
import type { Queue } from '../queue/queue.ts';
import { createGate, type Gate, type GateStatus } from './gate.ts';
import type { Pauses } from './pauses.ts';
import { type Resolved, type RetrySettings, resolve } from './resolve.ts';

export interface DispatcherOptions {
  readonly queue: Queue;
  readonly directory: NasDirectory;
  readonly pauses: Pick<Pauses, 'of' | 'onChange'>;
  readonly retry: RetrySettings;
  /** Jobs that run at once, over all NAS. */
  readonly maxRunning: number;
  readonly clock: () => number;
  onRun(run: { nas: string; hook: string; outcome: string; ms: number }): void;
  log(level: 'warn' | 'error', message: string): void;
}

export interface Dispatcher {
  gateOf(nas: string): GateStatus;
  /** Takes nothing new; runs end by themselves within `graceMs`, then they are called off. Resolves when all are settled. */
  stop(graceMs: number): Promise<void>;
}

/** Near the wall clock, but nobody sets it: a step back must not keep a gate shut. */
const steadyClock = (): number => performance.timeOrigin + performance.now();
/** A box that is taken away may leave a million jobs: the daemon answers others between these. */
const parksAtOnce = 512;
/** A timer cannot be longer. */
const longestTimer = 2 ** 31 - 1;

const closedGate: GateStatus = { running: 0, breaker: 'closed', nextProbeAt: 0 };

export function startDispatcher({
  queue,
  directory,
  pauses,
  retry,
  maxRunning,
  clock,
  onRun,
  log,
}: DispatcherOptions): Dispatcher {
  const gates = new Map<string, Gate>();
  /** The keys under which ready work of a gate may stand; a profile can match several addresses. */
  const keys = new Map<string, Set<string>>();
  /** By gate: when it is asked again. */
  const timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  const running = new Set<Promise<void>>();
  /** One for each run: a signal that all shared would grow slow with its listeners. */
  const callOffs = new Set<AbortController>();
  /** Keys that had to wait because all of the daemon's runs were taken. */
  const held = new Set<string>();
  /** The same for what is in no hurry: it leaves a part of the runs to the rest. */
  const heldBehind = new Set<string>();
  const mostBehind = Math.ceil(maxRunning * 0.75);
  /** Keys with more jobs for no box than are parked at once. */
  const toPark = new Set<string>();
  /** How often each NAS changed: also one that stays the same may have been let go from its quarantine. */
  const changes = new Map<string, number>();
  let parking = 0;
  let inBoxes = 0;
  let stopped = false;

  const gateOf = (name: string): Gate => {
    const gate = gates.get(name) ?? createGate(steadyClock);
    gates.set(name, gate);
    return gate;
  };

  /** Runs what may run now at this key. The NAS is looked up by the job itself, so a reload counts from the next job on. */
  const pull = (nasKey: string): void => {
    if (stopped) return;
    for (;;) {
      if (inBoxes >= maxRunning) {
        held.add(nasKey);
        return;
      }
      const next = queue.peek(nasKey);
      if (next === undefined) return;
      const nas = directory.find(nasRefOf(next.job.account));
      if (nas === undefined && parking >= parksAtOnce) {
        toPark.add(nasKey);
        return;
      }
      const limits = nas?.profile.limits;
      const background = next.background ? nas?.profile.resync.ratePerSecond : undefined;
      if (nas !== undefined && limits !== undefined) {
        remember(nas.name, nasKey);
        if (pauses.of(nas) !== undefined) return;
        if (next.background && mustStayBehind(nas.name, nasKey)) return;
        const wait = gateOf(nas.name).wait(limits, background);
        if (wait > 0) {
          if (Number.isFinite(wait)) pullLater(nas.name, wait);
          return;
        }
      }
      const job = queue.take(nasKey);
      if (job === undefined) return;
      const gate = nas && gateOf(nas.name);
      if (nas !== undefined && limits !== undefined) {
        gate?.enter(limits, background);
        served(nas.name, nasKey);
      }
      const run = (nas === undefined ? park(job) : runAndSettle(nas, gateOf(nas.name), job)).finally(() =>
        running.delete(run),
      );
      running.add(run);
    }
  };
  /** While something live of the same box is ready, also under another of its addresses, or the runs are wanted elsewhere. */
  const mustStayBehind = (name: string, nasKey: string): boolean => {
    if (inBoxes >= mostBehind) {
      heldBehind.add(nasKey);
      return true;
    }
    // What is ready there is pulled when its own wait is over, and then all of this gate are.
    return [...(keys.get(name) ?? [])].some((key) => {
      const other = key === nasKey ? undefined : queue.peek(key);
      return other?.background === false && directory.find(nasRefOf(other.job.account))?.name === name;
    });
  };
  const pullAll = (name: string): void => {
    for (const nasKey of [...(keys.get(name) ?? [])]) pull(nasKey);
  };
  const pullLater = (name: string, ms: number): void => {
    const at = steadyClock() + ms;
    const armed = timers.get(name);
    // One that was armed for the breaker's next trial is too late once the box has answered.
    if (armed !== undefined && armed.at <= at) return;
    clearTimeout(armed?.timer);
    const timer = setTimeout(
      () => {
        timers.delete(name);
        pullAll(name);
      },
      Math.min(ms, longestTimer),
    );
    timers.set(name, { at, timer });
  };
  const remember = (name: string, nasKey: string): void => {
    const known = keys.get(name) ?? new Set();
    keys.set(name, known.add(nasKey));
  };
  /** The others of its gate come first the next time. */
  const served = (name: string, nasKey: string): void => {
    const known = keys.get(name);
    if (known !== undefined && known.size > 1 && known.delete(nasKey)) known.add(nasKey);
  };

  const park = async (job: Job): Promise<void> => {
    parking++;
    const reason = unmatched(job.account, directory);
    await settle(
      job,
      { state: 'parked', reason, code: '', failures: job.failures, notBefore: 0 },
      { nas: '', exchanges: [], stack: '', program: '' },
    );
    unparkIfServed(job);
    if (--parking > 0) return;
    const left = [...toPark];
    toPark.clear();
    for (const nasKey of left) pull(nasKey);
  };

  const runAndSettle = async (nas: Nas, gate: Gate, job: Job): Promise<void> => {
    const began = performance.now();
    const changesBefore = changes.get(nas.name);
    inBoxes++;
    const callOff = new AbortController();
    callOffs.add(callOff);
    const run = {
      hook: job.hook,
      account: job.account,
      jobId: job.id,
      attempt: job.attempt,
      token: `job-${job.id}`,
      dryRun: false,
      signal: callOff.signal,
    };
    const report = await nas.run(run).catch(brokenReport);
    inBoxes--;
    callOffs.delete(callOff);
    const { outcome } = report;
    const { limits } = nas.profile;
    const breaker = leave(gate, report, nas);
    onRun({ nas: nas.name, hook: job.hook, outcome: outcome.type, ms: performance.now() - began });
    // Before this one's own, or a box with much to do would keep what others wait for.
    for (const nasKey of held) {
      held.delete(nasKey);
      pull(nasKey);
      if (inBoxes >= maxRunning) break;
    }
    for (const nasKey of heldBehind) {
      if (inBoxes >= mostBehind) break;
      heldBehind.delete(nasKey);
      pull(nasKey);
    }
    pullAll(nas.name);
    const resolved = resolve({
      job,
      outcome,
      breaker,
      calledOff: callOff.signal.aborted,
      attempts: limits.attempts,
      retry,
      now: clock(),
      random: Math.random(),
    });
    await settle(job, resolved, {
      nas: nas.name,
      exchanges: report.exchanges,
      stack: report.stack,
      program: report.program,
    });
    if (resolved.state === 'parked') unparkIfServed(job, changes.get(nas.name) === changesBefore ? nas : undefined);
  };
  /** The profile that a parked job waits for may have come while that was being written. */
  const unparkIfServed = (job: Job, asBefore?: Nas): void => {
    const nas = directory.find(nasRefOf(job.account));
    if (nas !== undefined && nas !== asBefore) queue.unparkOne(job);
  };
  const leave = (gate: Gate, { outcome, exchanges }: HookReport, nas: Nas) => {
    const code = 'code' in outcome ? outcome.code : undefined;
    const answered = exchanges.some(({ kind }) => kind === 'received');
    if (code !== undefined && isUnreachable(code)) {
      const before = gate.status().breaker;
      const after = gate.leave(false, nas.profile.limits);
      if (before === 'closed' && after === 'open')
        log(
          'warn',
          `${nas.name} does not answer: its jobs wait, one is tried every ${nas.profile.limits.breakerProbeMs} ms.`,
        );
      return after;
    }
    if (answered || outcome.type === 'done') return gate.leave(true, nas.profile.limits);
    gate.leaveSilently();
    return gate.status().breaker;
  };

  const settle = async (
    job: Job,
    resolved: Resolved,
    ran: Omit<RunRecord, 'attempt' | 'at' | 'outcome'>,
  ): Promise<void> => {
    const outcome = `${resolved.state}${resolved.reason === '' ? '' : `: ${resolved.reason}`}`;
    try {
      await queue.settle(job, {
        ...resolved,
        journal: journalOf({ ...ran, attempt: job.attempt, at: clock(), outcome }),
      });
    } catch (error) {
      log('error', `Job ${job.id} ended, but that is not on disk: ${toOssiaError(error).message}. It will run again.`);
    }
  };

  const unwatch = pauses.onChange(() => {
    for (const name of keys.keys()) pullAll(name);
  });
  const unsubscribe = directory.onChange((name) => {
    changes.set(name, (changes.get(name) ?? 0) + 1);
    queue.unpark((job) => directory.find(nasRefOf(job.account))?.name === name);
    // The new profile may be the mending, and its limits may let more in than the old ones did.
    gates.get(name)?.retryNow();
    pullAll(name);
  });
  // What was parked before a restart may have got its profile meanwhile.
  queue.unpark((job) => directory.find(nasRefOf(job.account)) !== undefined);
  queue.onReady((nasKey) => queueMicrotask(() => pull(nasKey)));

  return {
    gateOf: (name) => gates.get(name)?.status() ?? closedGate,
    async stop(graceMs) {
      stopped = true;
      unsubscribe();
      unwatch();
      for (const { timer } of timers.values()) clearTimeout(timer);
      const hard = setTimeout(() => {
        for (const callOff of callOffs) callOff.abort();
      }, graceMs);
      await Promise.allSettled(running);
      clearTimeout(hard);
    },
  };
}

/** A run must not reject; if one does, its lane and its gate must not hang on it. */
function brokenReport(error: unknown): HookReport {
  const { message } = toOssiaError(error);
  const outcome = { type: 'refused', reason: `a bug in Ossia: ${message}`, code: 'internal' } as const;
  return { outcome, exchanges: [], value: null, stack: '', program: '' };
}

/** A refused profile may be the one that is meant: its name says where to look. */
function unmatched(account: Account, directory: NasDirectory): string {
  const asked = ['nas_ip', 'nas_id'].flatMap((name) => (account[name] ? [`${name} "${account[name]}"`] : []));
  const refused = directory.list().flatMap(({ name, nas }) => (nas === null ? [name] : []));
  const hint =
    refused.length === 0
      ? ''
      : ` (refused at the moment: ${refused.slice(0, 5).join(', ')}${refused.length > 5 ? ', ...' : ''})`;
  return `no profile matches ${asked.join(' or ')}${hint}; it runs when one does`;
}

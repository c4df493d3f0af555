// One profile in force: runs hooks in its guest over its transports, and lets the last run end before it goes away.

import type { Profile } from '../config/profile.ts';
import type { HookKind } from '../model/hook.ts';
import { type Mask, maskJson } from '../model/mask.ts';
import { isUnanswered, type Outcome } from '../model/outcome.ts';
import type { Guest, GuestResult } from '../sandbox/sandbox.ts';
import type { OpenDevice } from './device.ts';
import { createExchangeRecorder } from './exchange-recorder.ts';
import type { Listing } from './listing-end.ts';
import type { HookReport, HookRun, Nas, SessionListing, UserListing } from './nas.ts';
import { outcomeOf } from './outcome-of.ts';
import type { PluginManifest } from './plugin-manifest.ts';
import { createWarden, isOffence, type Warden } from './quarantine.ts';
import { createGuestRunner } from './run-guest.ts';
import { listBoxSessions } from './session-listing.ts';
import type { Trial } from './trial.ts';
import { listBoxUsers } from './user-listing.ts';

export interface LiveNas {
  readonly nas: Nas;
  /** What the plugin defines beside its hooks. */
  readonly besides: ReadonlySet<string>;
  /** Whether the box has done something for us since this went into force. */
  answered(): boolean;
  quarantine: Warden['quarantine'];
  /** Lets it run again. */
  release(): void;
  selfTest(limits: { readonly deadlineMs: number; readonly signal: AbortSignal }): Promise<SelfTestAnswer>;
  /** Takes nothing more, lets what runs end, then frees guest and connections. Bounded by the profile's deadline. */
  retire(): Promise<void>;
}

export type SelfTestAnswer =
  | { readonly type: 'passed' }
  /** The box is dead, or the time was over: neither says that the profile is wrong. */
  | { readonly type: 'unanswered'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string; readonly stack: string };

export interface LiveNasInput {
  readonly profile: Profile;
  readonly options: Readonly<Record<string, unknown>>;
  readonly manifest: PluginManifest;
  readonly hash: string;
  readonly guest: Guest;
  readonly device: OpenDevice;
  readonly mask: Mask;
  readonly kindOf: (hook: string) => HookKind | undefined;
  readonly now: () => number;
  /** Who serves this profile after this one was retired. */
  readonly successor: () => Nas | undefined;
  /** While it is on trial, what stands of its runs. */
  readonly judge?: Trial['judge'];
  onQuarantine(reason: string): void;
}

interface Ran {
  readonly report: HookReport;
  readonly wasOffence: boolean;
}

interface ReadLimits {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly onRows?: (rows: unknown) => Promise<void>;
}

const closeMs = 3000;
const usersFromNas = 'users_from_nas';
const goneAway = { type: 'unreachable', reason: 'This profile was taken away or is stopping.' } as const;

export function createLiveNas(input: LiveNasInput): LiveNas {
  const { profile, options, manifest, hash, guest, device, mask, kindOf, now, successor, judge } = input;
  const program = programOf({ ...manifest, hash });
  const warden = createWarden({ now, onQuarantine: (reason) => input.onQuarantine(mask(reason)) });
  const { deadlineMs } = profile.limits;
  let running = 0;
  let answered = false;
  let retiring: Promise<void> | undefined;
  let onIdle: (() => void) | undefined;

  async function run(request: HookRun): Promise<HookReport> {
    const other = next();
    if (other === 'nobody') return report({ type: 'retry', reason: goneAway.reason, code: 'aborted' });
    if (other) return other.run(request);
    running += 1;
    try {
      const { report, wasOffence } = await runHook(request);
      return judge === undefined ? report : await judge(request, report, wasOffence);
    } finally {
      running -= 1;
      if (running === 0) onIdle?.();
    }
  }

  async function runHook({ hook, account, attempt, token, dryRun, signal }: HookRun): Promise<Ran> {
    const kind = kindOf(hook);
    const unasked = (outcome: Outcome): Ran => ({ report: report(outcome), wasOffence: false });
    if (!guest.hooks.has(hook) || kind === 'around')
      return unasked({ type: 'unsupported', reason: `The plugin ${manifest.name} has no hook ${hook}.` });
    const held = heldBack();
    if (held !== '') return unasked({ type: 'refused', reason: held, code: 'quarantined' });
    const deadline = now() + deadlineMs;
    const recorder = createExchangeRecorder({ mask, now });
    const runner = createGuestRunner({
      guest,
      device,
      input: { account, options, hook, attempt, token, deadline, dryRun },
      signal,
      deadlineMs,
      deadline,
      writes: dryRun ? 'recorded' : 'sent',
      mask,
      recorder,
    });
    const around = (name: string) => (kind === 'change' && guest.hooks.has(name) ? [name] : []);
    try {
      let main: GuestResult = { type: 'returned', value: null };
      for (const step of [...around('user_event_before'), hook, ...around('user_event_after')]) {
        const result = await runner.run(step);
        if (step === hook) main = result;
        const outcome = outcomeOf({ result, mask, where: step === hook ? '' : `${step}: ` });
        const goesOn = outcome.type === 'done' || (step === hook && outcome.type === 'gone');
        if (!goesOn) return ended(outcome, result);
      }
      return ended(outcomeOf({ result: main, mask, where: '' }), main);
    } finally {
      runner.end();
    }

    function ended(outcome: Outcome, result: GuestResult): Ran {
      answered ||= !dryRun && (outcome.type === 'done' || outcome.type === 'gone');
      warden.saw(result);
      const report = {
        outcome,
        exchanges: recorder.exchanges,
        value: kind !== 'change' && result.type === 'returned' ? maskJson(mask, result.value ?? null) : null,
        stack: result.type === 'failed' ? mask(result.stack ?? '') : '',
        program,
      };
      return { report, wasOffence: isOffence(result) };
    }
  }

  /** Why nothing more of it is run; empty when it is. */
  function heldBack(): string {
    const held = warden.quarantine();
    const out = `a new version of it, ossia plugin reload or ossia plugin release lets it run again`;
    return held === null ? '' : `${program} is in quarantine on ${profile.name}: ${held.reason}; ${out}`;
  }

  function report(outcome: Outcome): HookReport {
    return { outcome, exchanges: [], value: null, stack: '', program };
  }

  async function selfTest(limits: {
    readonly deadlineMs: number;
    readonly signal: AbortSignal;
  }): Promise<SelfTestAnswer> {
    if (!guest.besides.has('selfTest')) return { type: 'passed' };
    const deadline = now() + limits.deadlineMs;
    const runner = createGuestRunner({
      guest,
      device,
      input: { options, deadline },
      ...limits,
      deadline,
      writes: 'refused',
      mask,
      recorder: createExchangeRecorder({ mask, now }),
    });
    try {
      const result = await runner.run('selfTest');
      const outcome = outcomeOf({ result, mask, where: '' });
      if (outcome.type === 'done' || outcome.type === 'gone') return { type: 'passed' };
      // Its worker may have been brought down by another profile.
      const isInnocent = result.type === 'failed' && result.error.code === 'run_lost';
      if (isInnocent || isUnanswered(outcome)) return { type: 'unanswered', reason: outcome.reason };
      return {
        type: 'failed',
        reason: outcome.reason,
        stack: result.type === 'failed' ? mask(result.stack ?? '') : '',
      };
    } finally {
      runner.end();
    }
  }

  /** Someone else serves this profile now, when it is not this one. */
  function next(): Nas | 'nobody' | null {
    if (!retiring) return null;
    const other = successor();
    return other && other !== nas ? other : 'nobody';
  }

  /** Runs what only reads and is no job; with `onRows` it lists. */
  async function read(name: string, { deadlineMs, signal, onRows }: ReadLimits): Promise<GuestResult> {
    const deadline = now() + deadlineMs;
    const account =
      name === 'listUsers' ? { account: {}, hook: usersFromNas, attempt: 1, token: '', dryRun: false } : {};
    const input = { ...account, options, deadline };
    const recorder = createExchangeRecorder({ mask, now });
    const limits = { signal, deadlineMs, deadline, writes: 'refused', mask, recorder } as const;
    const runner = createGuestRunner({ guest, device, input, ...limits, ...(onRows && { onRows }) });
    running += 1;
    try {
      const result = await runner.run(name);
      warden.saw(result);
      return result;
    } finally {
      runner.end();
      running -= 1;
      if (running === 0) onIdle?.();
    }
  }

  async function listSessions(signal: AbortSignal): Promise<SessionListing> {
    const other = next();
    if (other === 'nobody') return goneAway;
    if (other) return other.listSessions(signal);
    if (!guest.besides.has('listSessions'))
      return { type: 'unsupported', reason: `The plugin ${manifest.name} cannot list the sessions of its box.` };
    const held = heldBack();
    if (held !== '') return { type: 'failed', reason: held };
    const { deadlineMs } = profile.sync;
    return listBoxSessions((name, onRows) => read(name, { deadlineMs, signal, onRows }), mask);
  }

  async function listUsers({ signal, onUsers }: Parameters<Nas['listUsers']>[0]): Promise<UserListing> {
    const other = next();
    if (other === 'nobody') return goneAway;
    if (other) return other.listUsers({ signal, onUsers });
    if (!guest.hooks.has(usersFromNas))
      return { type: 'unsupported', reason: `The plugin ${manifest.name} cannot list the users of its box.` };
    const held = heldBack();
    if (held !== '') return { type: 'failed', reason: held };
    const { deadlineMs } = profile.resync;
    const list: Listing = (name, onRows) => read(name, { deadlineMs, signal, onRows });
    return listBoxUsers({ list, mask, onUsers });
  }

  async function uptime(signal: AbortSignal): Promise<number | null> {
    const other = next();
    if (other === 'nobody' || (!other && !guest.besides.has('uptime'))) return null;
    if (other) return other.uptime(signal);
    if (warden.quarantine() !== null) return null;
    const result = await read('uptime', { deadlineMs, signal });
    const value = result.type === 'returned' ? result.value : null;
    return typeof value === 'number' && value >= 0 ? value : null;
  }

  async function retire(): Promise<void> {
    if (running > 0) await within(deadlineMs + closeMs, new Promise<void>((resolve) => (onIdle = resolve)));
    await within(closeMs, guest.close());
    await within(closeMs, device.close());
  }

  const plugin = {
    name: manifest.name,
    version: manifest.version,
    hash,
    hooks: guest.hooks,
    asks: manifest.transports,
  };
  const nas: Nas = { name: profile.name, profile, plugin, run, listSessions, listUsers, uptime };
  return {
    nas,
    besides: guest.besides,
    answered: () => answered,
    quarantine: warden.quarantine,
    release: warden.release,
    selfTest,
    retire() {
      retiring ??= retire();
      return retiring;
    },
  };
}

/** As journal, log and status name it: `mikrotik@1.0.0#3fa92c01`. */
export function programOf({ name, version, hash }: { name: string; version: string; hash: string }): string {
  return `${name}@${version}#${hash.slice(0, 8)}`;
}

/** Whatever becomes of the work: closing goes on with the next. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, work.catch(() => undefined)]);
  clearTimeout(timer);
}

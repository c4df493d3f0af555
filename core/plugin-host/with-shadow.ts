// A plugin that looks on: after each hook that was really done it runs the same in dry run, and what it would still send is reported.
import type { TransportDefinitions } from '../config/load-profile.ts';
import type { Profile } from '../config/profile.ts';
import type { HookKind, Settles } from '../model/hook.ts';
import type { Exchange, Outcome } from '../model/outcome.ts';
import type { LiveNas } from './live-nas.ts';
import type { HookReport, HookRun, Nas } from './nas.ts';
import { otherOnBox } from './settled-on-box.ts';
import { isComparable, isOpen, recordedIn, type ShadowRun, type Verdict, verdictOf } from './shadow-run.ts';

export interface Shadow {
  /** Null while it does not load. */
  readonly live: LiveNas | null;
  readonly problem: string;
  readonly version: string;
}

/** What is known of a hook. */
export interface KnownHook {
  readonly kind: HookKind;
  readonly settles?: Settles | null;
}

interface ShadowInput {
  readonly settings: NonNullable<Profile['shadow']>;
  readonly hooks: ReadonlyMap<string, KnownHook>;
  readonly definitions: TransportDefinitions;
  onRun(run: ShadowRun): void;
}

export function withShadow(real: LiveNas, shadow: Shadow, input: ShadowInput): LiveNas {
  const { settings, hooks, definitions, onRun } = input;
  const { live, problem, version } = shadow;
  const { beside } = real.nas;
  let retired = false;

  /** What the same plugin does for real has nothing to be compared with. */
  function concerns({ hook, dryRun, signal }: HookRun): boolean {
    if (live === null || retired || dryRun || signal.aborted || hooks.get(hook)?.kind !== 'change') return false;
    const doneBy = beside?.hooks.has(hook) ? beside.name : real.nas.plugin.name;
    return doneBy !== live.nas.plugin.name && (settings.hooks?.includes(hook) ?? true);
  }

  /** Null: not in time. It writes nothing. */
  async function look(request: HookRun, until: number): Promise<HookReport | null> {
    if (live === null) return null;
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, Math.max(0, until - performance.now()), null);
    const signal = AbortSignal.any([request.signal, over.signal]);
    try {
      return await Promise.race([live.nas.run({ ...request, dryRun: true, signal }).catch(() => null), promise]);
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  async function run(request: HookRun): Promise<HookReport> {
    if (!concerns(request)) return real.nas.run(request);
    const earlier = settings.before ? await look(request, performance.now() + settings.deadlineMs) : null;
    const report = await real.nas.run(request);
    if (!isComparable(report.outcome) || !concerns(request)) return report;
    const verdict = await compare(request, report.outcome);
    const before = earlier && recordedIn(earlier).map(({ via, text }) => `${via}: ${text}`);
    const { hook, account, jobId } = request;
    onRun({ nas: real.nas.name, version, hook, account, jobId, at: Date.now(), ...verdict, before });
    return { ...report, exchanges: [...report.exchanges, note(verdict)] };
  }

  async function compare(request: HookRun, done: Outcome): Promise<Verdict> {
    const until = performance.now() + settings.deadlineMs;
    const after = await look(request, until);
    const seen = { done, after, isExact };
    return verdictOf({ ...seen, other: isOpen(seen) ? await otherThanSettled(request, until) : null });
  }

  async function otherThanSettled(request: HookRun, until: number): Promise<string | null> {
    const settles = hooks.get(request.hook)?.settles;
    if (!settles || !live?.nas.plugin.hooks.has('user_info')) return null;
    const info = await look({ ...request, hook: 'user_info' }, until);
    if (info?.outcome.type === 'gone') return otherOnBox({ user: null }, settles, request.account);
    return info?.outcome.type === 'done' ? otherOnBox(info.value, settles, request.account) : null;
  }

  /** `ensure` reads first, also in a dry run. */
  const isExact = (transport: string): boolean => 'ensure' in (definitions[transport]?.methods ?? {});

  function note({ result, reason, left }: Verdict): Exchange {
    const words = [`${version.split('/')[0]}: ${result}${reason === '' ? '' : `, ${reason}`}`, ...left];
    return { at: Date.now(), kind: 'log', via: 'shadow', text: words.join('\n') };
  }

  const nas: Nas = { ...real.nas, shadow: { plugin: live?.nas.plugin ?? null, problem, version }, run };
  return {
    ...real,
    nas,
    release() {
      real.release();
      live?.release();
    },
    async retire() {
      retired = true;
      await Promise.all([real.retire(), live?.retire()]);
    },
  };
}

// A plugin that looks on: after each hook that was really done it runs the same in dry run, and what it would still send is reported.
import type { TransportDefinitions } from '../config/load-profile.ts';
import type { Profile } from '../config/profile.ts';
import type { HookKind } from '../model/hook.ts';
import type { Exchange } from '../model/outcome.ts';
import type { LiveNas } from './live-nas.ts';
import type { HookReport, HookRun, Nas } from './nas.ts';
import { isComparable, recordedIn, type ShadowRun, type Verdict, verdictOf } from './shadow-run.ts';

export interface Shadow {
  /** Null while it does not load. */
  readonly live: LiveNas | null;
  readonly problem: string;
  readonly version: string;
}

interface ShadowInput {
  readonly settings: NonNullable<Profile['shadow']>;
  readonly kindOf: (hook: string) => HookKind | undefined;
  readonly definitions: TransportDefinitions;
  onRun(run: ShadowRun): void;
}

export function withShadow(real: LiveNas, shadow: Shadow, input: ShadowInput): LiveNas {
  const { settings, kindOf, definitions, onRun } = input;
  const { live, problem, version } = shadow;
  const { beside } = real.nas;
  let retired = false;

  const isBlind = (transport: string): boolean => {
    const methods = definitions[transport]?.methods ?? {};
    return Object.values(methods).every(({ access }) => access === 'write');
  };

  /** What the same plugin does for real has nothing to be compared with. */
  function concerns({ hook, dryRun, signal }: HookRun): boolean {
    if (live === null || retired || dryRun || signal.aborted || kindOf(hook) !== 'change') return false;
    const doneBy = beside?.hooks.has(hook) ? beside.name : real.nas.plugin.name;
    return doneBy !== live.nas.plugin.name && (settings.hooks?.includes(hook) ?? true);
  }

  /** Null: not in time. It writes nothing, and takes no longer than the profile lets it. */
  async function look(request: HookRun): Promise<HookReport | null> {
    if (live === null) return null;
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, settings.deadlineMs, null);
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
    const earlier = settings.before ? await look(request) : null;
    const report = await real.nas.run(request);
    if (!isComparable(report.outcome) || !concerns(request)) return report;
    const verdict = verdictOf({ done: report.outcome, after: await look(request), isBlind });
    const before = earlier && recordedIn(earlier).map(({ via, text }) => `${via}: ${text}`);
    const { hook, account, jobId } = request;
    onRun({ nas: real.nas.name, version, hook, account, jobId, at: Date.now(), ...verdict, before });
    return { ...report, exchanges: [...report.exchanges, note(verdict)] };
  }

  function note({ result, reason, left }: Verdict): Exchange {
    const words = [`${version.split('/')[0]}: ${result}${reason === '' ? '' : `, ${reason}`}`, ...left];
    return { at: Date.now(), kind: 'log', via: 'shadow', text: words.join('\n') };
  }

  const nas: Nas = { ...real.nas, shadow: { plugin: live?.nas.plugin ?? null, problem, version }, run };
  return {
    ...real,
    nas,
    async retire() {
      retired = true;
      await Promise.all([real.retire(), live?.retire()]);
    },
  };
}

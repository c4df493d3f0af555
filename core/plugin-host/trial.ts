// A new version's first jobs: one that fails under it is run at once by the version before, and when that does several of them, it is taken back.
import type { HookReport, HookRun } from './nas.ts';

export interface Trial {
  /** What stands of a run that the new version has ended. */
  judge(request: HookRun, report: HookReport, wasOffence: boolean): Promise<HookReport>;
  status(): TrialStatus | null;
  /** Nothing is compared any more. */
  end(): void;
}

export interface TrialStatus {
  /** The one that it must not be worse than. */
  readonly against: string;
  /** Runs that said something about the version; those that a dead or busy box ended do not. */
  readonly runs: number;
  /** Of these, how many failed that the version before did. */
  readonly worse: number;
}

interface TrialInput {
  readonly program: string;
  /** The version before, as its journal entries name it. */
  readonly against: string;
  /** Runs it under the version before, on the same box. Rejects when that cannot be loaded. */
  before(request: HookRun): Promise<HookReport>;
  readonly now: () => number;
  onWorse(reason: string): void;
  onPassed(): void;
}

/** So many jobs tell a version that fails for one account from one that fails for many. */
const enoughRuns = 20;
/** Counted from the first job: a version that came by night is tried in the morning. */
const longestMs = 10 * 60_000;
/** Fewer may be chance, and each has been done by the version before anyway. */
const leastWorse = 3;
/** One account in twenty may stumble over something new; one in five is the version. */
const worseShare = 0.2;

export function createTrial({ program, against, before, now, onWorse, onPassed }: TrialInput): Trial {
  let state: 'on' | 'passed' | 'failed' = 'on';
  let firstAt = 0;
  let runs = 0;
  let worse = 0;

  function count(isWorse: boolean, reason: string): void {
    if (state !== 'on') return;
    firstAt ||= now();
    runs += 1;
    if (isWorse) worse += 1;
    if (worse >= leastWorse && worse > runs * worseShare) {
      state = 'failed';
      onWorse(`of its first ${runs} jobs ${worse} failed that ${against} then did; the last: ${reason}`);
    } else if (runs >= enoughRuns || now() - firstAt > longestMs) {
      state = 'passed';
      onPassed();
    }
  }

  return {
    async judge(request, report, wasOffence) {
      const { outcome } = report;
      if (state === 'passed' || request.dryRun || request.signal.aborted) return report;
      if (outcome.type === 'done' || outcome.type === 'gone') count(false, '');
      if (!wasOffence && !isFailure(outcome)) return report;
      const words = `${outcome.type}: ${'reason' in outcome ? outcome.reason : ''}`;
      const second = await before(request).catch(() => undefined);
      if (second === undefined || second.outcome.type === 'unsupported') {
        count(false, words);
        return report;
      }
      const did = second.outcome.type === 'done' || second.outcome.type === 'gone';
      if (did || second.outcome.type === 'refused') count(did, words);
      const text = `${program}, on trial, ended ${words}\nrun again by ${against}, the version before`;
      const note = { at: now(), kind: 'log', via: 'ossia', text } as const;
      const exchanges = [...report.exchanges, note, ...second.exchanges];
      const stack = second.stack === '' ? report.stack : second.stack;
      // Neither could: the one in force has the word. That the box is busy or dead now says the other with its retry.
      if (second.outcome.type === 'refused') return { ...report, exchanges };
      return { ...second, exchanges, stack };
    },
    status: () => (state === 'on' ? { against, runs, worse } : null),
    end() {
      state = 'passed';
    },
  };
}

/** What no box that is dead or busy brings about. `deadline_exceeded` is the plugin's own: what waits for a box is `nas_timeout`. */
function isFailure(outcome: HookReport['outcome']): boolean {
  if (outcome.type === 'retry') return outcome.code === 'deadline_exceeded';
  return outcome.type === 'refused' || outcome.type === 'unsupported';
}

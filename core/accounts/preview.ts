// What hooks would send, in the box's own language: reads are made, writes recorded, nothing is kept.
import { laneOf } from '../model/account.ts';
import { endedStates, type Job, jobStates } from '../model/job.ts';
import type { Superseding } from '../queue/superseding.ts';
import type { Store } from '../store/store.ts';
import type { PreviewInput, PreviewStep } from './accounts.ts';
import type { LookAtBox } from './look.ts';

interface PreviewSources {
  readonly look: LookAtBox;
  /** What a dry run over this transport cannot know, in words; undefined for what is none. */
  readonly unknownIn: (transport: string) => string | undefined;
  readonly store: Pick<Store, 'jobs'>;
  readonly superseding: Superseding;
}

/** One after another, as they would run; each sees the box as it is now, without what an earlier one would have changed. */
export async function previewOf(
  steps: readonly PreviewInput[],
  { look, unknownIn, store, superseding }: PreviewSources,
  signal: AbortSignal,
): Promise<readonly PreviewStep[]> {
  const done: PreviewStep[] = [];
  for (const { job, hook, account } of steps) {
    const looked = await look({ hook, account, dryRun: true, signal });
    const supersedes = await supersededBy({ job, hook, account, background: false }, { store, superseding });
    if (looked.type === 'no profile') {
      const outcome = { type: 'refused', reason: looked.reason, code: 'not_found' } as const;
      done.push({ hook, account, nas: null, outcome, exchanges: [], unknown: [], supersedes });
      continue;
    }
    const { outcome, exchanges } = looked.report;
    const used = new Set(exchanges.map(({ via }) => via));
    const unknown = [...used].flatMap((via) => unknownIn(via) ?? []);
    done.push({ hook, account, nas: looked.nas.name, outcome, exchanges, unknown, supersedes });
  }
  return done;
}

const unended = jobStates.filter((state) => !endedStates.has(state));
const mostInLane = 1_000;

/** Waiting jobs of its lane that would not run any more, were this one accepted now. */
async function supersededBy(
  draft: Pick<Job, 'hook' | 'account' | 'background'> & { readonly job: string | undefined },
  { store, superseding }: Pick<PreviewSources, 'store' | 'superseding'>,
): Promise<readonly string[]> {
  const older = draft.job === undefined ? {} : { before: draft.job };
  // Found through the index of its account.
  const user_id = draft.account['user_id'] ?? '';
  const asked = { user_id, lane: laneOf(draft.account), states: unended, ...older, limit: mostInLane };
  const lane = await store.jobs(asked);
  const barrier = lane.findIndex((job) => superseding.isBarrier(job));
  return lane
    .slice(0, barrier < 0 ? undefined : barrier)
    .filter((job) => job.state !== 'running' && superseding.supersedes(draft, job))
    .map(({ id }) => id);
}

// What hooks would send, in the box's own language: reads are made, writes recorded, nothing is kept.
import { laneOf, nasKeyOf, nasRefOf } from '../model/account.ts';
import type { JobDraft } from '../queue/queue.ts';
import type { PreviewInput, PreviewStep } from './accounts.ts';
import type { LookAtBox } from './look.ts';

interface PreviewSources {
  readonly look: LookAtBox;
  /** What a dry run over this transport cannot know, in words; undefined for what is none. */
  readonly unknownIn: (transport: string) => string | undefined;
  /** Waiting jobs that this one would supersede, were it accepted now. */
  readonly wouldSupersede: (draft: JobDraft) => Promise<readonly string[]>;
}

/** One after another, as they would run; each sees the box as it is now, without what an earlier one would have changed. */
export async function previewOf(
  steps: readonly PreviewInput[],
  { look, unknownIn, wouldSupersede }: PreviewSources,
  signal: AbortSignal,
): Promise<readonly PreviewStep[]> {
  const done: PreviewStep[] = [];
  for (const { hook, account } of steps) {
    const looked = await look({ hook, account, dryRun: true, signal });
    const supersedes = await wouldSupersede({
      hook,
      account,
      lane: laneOf(account),
      nasKey: nasKeyOf(nasRefOf(account)),
    });
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

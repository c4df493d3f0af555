// Hands the items of a plan to the queue as background jobs, some hundred at a time, as the box takes them.
import { setTimeout as sleep } from 'node:timers/promises';
import { toOssiaError } from '../errors.ts';
import type { Effects } from '../map/effects.ts';
import { jobsOf } from '../map/jobs-of.ts';
import type { ResyncItem, ResyncRun } from '../model/resync.ts';
import type { AccountRecord } from '../model/state.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import { keysOfBox, refsOfBox } from './box-keys.ts';
import type { ResyncBox } from './resync-plan.ts';
import { stepsOf } from './resync-steps.ts';

export interface Feeding {
  readonly store: Pick<Store, 'records' | 'resyncItems'>;
  readonly queue: Pick<Queue, 'accept' | 'backgroundDepth'>;
  readonly effects: Effects;
  readonly clock: () => number;
  /** The box under its profile of now; undefined when there is none in force. */
  box(): ResyncBox | undefined;
  /** Resolves when how far it has come is on disk. */
  save(run: ResyncRun): Promise<void>;
  readonly signal: AbortSignal;
}

export type Fed =
  | { readonly type: 'done'; readonly run: ResyncRun; readonly left: number }
  /** Its profile is gone. */
  | { readonly type: 'lost'; readonly run: ResyncRun };

const pollMs = 50;
/** The queue's memory holds at most so many jobs of a resync for a box. */
const fewest = 100;
const most = 2000;
/** How long what is handed on is waited for at the end, and before anything is added when something was removed. */
const settleMs = 60_000;

export async function feed(start: ResyncRun, feeding: Feeding): Promise<Fed> {
  const { store, signal } = feeding;
  let run = start;
  let waits = false;
  for (;;) {
    // One that was cancelled while its approval was being written hands on nothing.
    signal.throwIfAborted();
    const nas = feeding.box();
    if (nas === undefined) return { type: 'lost', run };
    const window = Math.min(most, Math.max(fewest, 2 * nas.profile.resync.ratePerSecond));
    const room = window - depthOf(nas, feeding);
    if (room < window / 2) {
      await sleep(pollMs, undefined, { signal });
      continue;
    }
    const page = await store.resyncItems(run.id, run.cursor, Math.ceil(room / 2));
    if (page.length === 0) break;
    const removals = page.filter(({ kind }) => kind === 'remove');
    // The address of one who is removed may be that of one who is added: first the one, then the other.
    if (removals.length === 0 && waits) await drained(feeding, nas);
    waits = removals.length > 0;
    const items = waits ? removals : page;
    const handed = await handOn({ run, items, nas, feeding });
    signal.throwIfAborted();
    const { counts } = run;
    run = {
      ...run,
      cursor: items.at(-1)?.seq ?? run.cursor,
      counts: {
        ...counts,
        applied: counts.applied + handed,
        overtaken: counts.overtaken + items.length - handed,
      },
    };
    await feeding.save(run);
  }
  const nas = feeding.box();
  if (nas !== undefined) await drained(feeding, nas);
  return { type: 'done', run, left: nas === undefined ? 0 : depthOf(nas, feeding) };
}

function depthOf(nas: ResyncBox, { queue }: Feeding): number {
  return keysOfBox(nas).reduce((sum, key) => sum + queue.backgroundDepth(key), 0);
}

/** Until the box has taken what was handed on; a dead one is not waited for for ever. */
async function drained(feeding: Feeding, nas: ResyncBox): Promise<void> {
  const until = performance.now() + settleMs;
  while (depthOf(nas, feeding) > 0 && performance.now() < until)
    await sleep(pollMs, undefined, { signal: feeding.signal });
}

interface Handing {
  readonly run: ResyncRun;
  readonly items: readonly ResyncItem[];
  readonly nas: ResyncBox;
  readonly feeding: Feeding;
}

/** Resolves with how many became jobs. After a crash the same items come again: the queue knows their ids. */
async function handOn({ run, items, nas, feeding }: Handing): Promise<number> {
  const { store, signal } = feeding;
  let left = items;
  let handed = 0;
  for (let wait = 100; left.length > 0; wait = Math.min(wait * 2, 5000)) {
    const again: ResyncItem[] = [];
    const records = await store.records(left.map(({ userId }) => userId));
    const results = await Promise.all(
      left.map((item) => handOne({ run, item, record: records.get(item.userId), nas, feeding })),
    );
    for (const [index, item] of left.entries()) {
      if (results[index] === 'handed') handed++;
      if (results[index] === 'later') again.push(item);
    }
    left = again;
    if (left.length > 0) await sleep(wait, undefined, { signal });
  }
  return handed;
}

interface HandingOne extends Omit<Handing, 'items'> {
  readonly item: ResyncItem;
  readonly record: AccountRecord | undefined;
}

async function handOne({ run, item, record, nas, feeding }: HandingOne): Promise<'handed' | 'overtaken' | 'later'> {
  const { queue, effects, clock, signal } = feeding;
  const calls = stepsOf({ item, record, keys: keysOfBox(nas), refs: refsOfBox(nas), effects });
  const [first] = calls;
  if (first === undefined) return 'overtaken';
  const event = {
    id: `resync:${run.id}:${item.seq}`,
    hook: 'resync',
    account: first.account,
    occurredAt: new Date(clock()).toISOString(),
    source: 'resync',
  };
  const drafts = calls.flatMap(jobsOf).map((draft) => ({ ...draft, background: true }));
  // Not when the account was told something since it was read: that has a job before this one, which knows better.
  const guard =
    record === undefined
      ? undefined
      : ({
          type: 'tell',
          userId: record.userId,
          variables: null,
          settled: {},
          ifVersion: record.version,
          // Nobody told it anything.
          at: record.updatedAt,
        } as const);
  try {
    await queue.accept(event, drafts, guard);
    return 'handed';
  } catch (error) {
    const { code } = toOssiaError(error);
    signal.throwIfAborted();
    if (code === 'conflict' || code === 'overloaded' || code === 'store_failed') return 'later';
    throw error;
  }
}

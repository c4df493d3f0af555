// "Ensure, not do", for transports whose own methods do not do it: SSH, HTTP, CoA, old programs.
import { retry } from './verdict.ts';

/** A hook's `input`, or as much of it as this needs. */
export interface EnsureRun {
  /** In a dry run what is written is recorded only, so it is not looked for afterwards. */
  readonly dryRun: boolean;
}

/** How to see what is there, and how to make it so. */
export interface EnsureSteps<State> {
  /** Reads what the box has now; only with the reads of its transports. */
  read(): Promise<State> | State;
  /** Whether that is what is wanted. */
  isSo(state: State): boolean;
  /** Makes it so, from what was read. */
  write(state: State): Promise<unknown> | unknown;
  /** `false` does not read it back: for a box whose answer to the write can be believed, or that takes a while. */
  readonly verify?: boolean;
  /** What it is, in the words of the journal: `the address list`. */
  readonly what?: string;
}

/**
 * Reads, writes only when it is not so, and reads it back. Returns what it did; in a dry run it reads, lets the write be recorded, and
 * returns what it would do. When the box took the write and still has not got it, it throws a `retry`.
 */
export async function ensure<State>(run: EnsureRun, steps: EnsureSteps<State>): Promise<'unchanged' | 'changed'> {
  const { verify = true, what = 'it' } = steps;
  const before = await steps.read();
  if (steps.isSo(before)) return 'unchanged';
  await steps.write(before);
  if (run.dryRun || !verify) return 'changed';
  if (!steps.isSo(await steps.read()))
    throw retry(`The box took the change, and ${what} is not so when it is read back.`);
  return 'changed';
}

/** How to find what shall not be there, and how to take it away. */
export interface EnsureAbsentSteps<Item> {
  /** All that is there of it; an empty list when there is nothing. */
  find(): Promise<readonly Item[]> | readonly Item[];
  /** Takes one of them away. One that is gone meanwhile is no error: catch what says so. */
  remove(item: Item): Promise<unknown> | unknown;
  /** `false` does not look again. */
  readonly verify?: boolean;
  /** What it is, in the words of the journal. */
  readonly what?: string;
}

/** Removes all that `find` finds, and looks again. Returns how many there were; in a dry run, how many it would remove. */
export async function ensureAbsent<Item>(run: EnsureRun, steps: EnsureAbsentSteps<Item>): Promise<number> {
  const { verify = true, what = 'it' } = steps;
  const found = await steps.find();
  for (const item of found) await steps.remove(item);
  if (found.length === 0 || run.dryRun || !verify) return found.length;
  const left = await steps.find();
  if (left.length > 0) throw retry(`The box took the removal, and ${what} is there when it is looked for again.`);
  return found.length;
}

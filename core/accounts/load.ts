// Takes the states of very many accounts, line by line: some hundreds in one write, the next being read meanwhile, in little memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { OssiaError, toOssiaError } from '../errors.ts';
import { type Derived, derive } from '../map/derive.ts';
import type { Effects } from '../map/effects.ts';
import { jobsOf } from '../map/jobs-of.ts';
import type { AccountRecord } from '../model/state.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Accounts, LoadLine, LoadReport, LoadSettings, PutReceipt, PutSettings } from './accounts.ts';
import { parseState } from './parse-state.ts';
import { putEvent } from './put-event.ts';
import type { TakenState } from './taking.ts';

interface LoadOptions {
  readonly store: Pick<Store, 'records' | 'write'>;
  readonly queue: Pick<Queue, 'accept'>;
  readonly effects: Effects;
  readonly clock: () => number;
  /** One account by itself, when it changed while its batch was on the way. */
  take(state: TakenState, how: PutSettings): Promise<Extract<PutReceipt, { type: 'taken' }>>;
}

interface Item extends TakenState {
  readonly line: number;
}

interface Change {
  readonly item: Item;
  readonly derived: Derived;
  readonly ifVersion: number;
}

type Problem = LoadReport['problems'][number];
type Count = { -readonly [Name in keyof LoadReport]: LoadReport[Name] } & { problems: Problem[] };

const batchSize = 500;
/** Characters: what one account may have is bounded much higher than what they have. */
const batchLength = 1_000_000;
/** So that reading, comparing and writing go on side by side. */
const mostFlights = 3;
const mostProblems = 100;
/** How long to wait for room in the queue while nothing finds any. */
const patienceMs = 60_000;

export function createLoad({ store, queue, effects, clock, take }: LoadOptions): Accounts['load'] {
  return async (lines, how) => {
    const count: Count = { lines: 0, taken: 0, unchanged: 0, jobs: 0, rejected: 0, problems: [] };
    const waiting = new Map<string, Item>();
    /** Batches on their way, with whom they are about. */
    const flights = new Map<Promise<void>, ReadonlySet<string>>();
    let size = 0;
    let failure: OssiaError | undefined;
    const landed = async (most: number): Promise<void> => {
      while (flights.size > most) await Promise.race(flights.keys());
      if (failure !== undefined) throw failure;
    };
    const launch = async (): Promise<void> => {
      await landed(mostFlights - 1);
      const batch = [...waiting.values()];
      const flight: Promise<void> = takeBatch(batch, how, count)
        .catch((thrown: unknown) => {
          failure ??= toOssiaError(thrown);
        })
        .finally(() => flights.delete(flight));
      flights.set(flight, new Set(waiting.keys()));
      waiting.clear();
      size = 0;
    };
    const isFlying = (userId: string): boolean => {
      for (const users of flights.values()) if (users.has(userId)) return true;
      return false;
    };
    try {
      for await (const line of lines) {
        how.signal.throwIfAborted();
        const item = read(line, count);
        if (item === undefined || typeof line !== 'string') continue;
        // The later line of one account is compared with what the earlier one left.
        if (waiting.has(item.userId)) await launch();
        if (isFlying(item.userId)) await landed(0);
        waiting.set(item.userId, item);
        size += line.length;
        if (waiting.size >= batchSize || size >= batchLength) await launch();
      }
      how.signal.throwIfAborted();
      await launch();
      await landed(0);
    } catch (thrown) {
      await Promise.all(flights.keys());
      throw brokenOff({ thrown, count, signal: how.signal });
    } finally {
      if (!how.dryRun && count.taken > 0) await audit(count, how);
    }
    return count;
  };

  function read(line: LoadLine, count: Count): Item | undefined {
    count.lines++;
    if (typeof line === 'string' && line.trim() === '') return undefined;
    const body = typeof line === 'string' ? jsonOf(line) : line;
    if (body instanceof SyntaxError) return reject(count, { line: count.lines, user_id: '', fields: [notJson] });
    if (typeof line !== 'string') {
      const fields = [{ where: '', problem: line.broken }];
      return reject(count, { line: count.lines, user_id: '', fields });
    }
    const parsed = parseState({ body, effects });
    if (parsed.ok) return { ...parsed, line: count.lines };
    return reject(count, { line: count.lines, user_id: parsed.userId, fields: parsed.fields });
  }

  async function takeBatch(batch: readonly Item[], how: LoadSettings, count: Count): Promise<void> {
    if (batch.length === 0) return;
    const known = await store.records(batch.map(({ userId }) => userId));
    const changes = batch.flatMap((item) => changeOf(item, known.get(item.userId)) ?? []);
    count.unchanged += batch.length - changes.length;
    const isLoud = ({ derived }: Change): boolean => how.jobs && derived.calls.length > 0;
    if (how.dryRun) {
      count.taken += changes.length;
      for (const change of changes) if (isLoud(change)) count.jobs += change.derived.calls.length;
      return;
    }
    const silent = changes.filter((change) => !isLoud(change));
    const all = await Promise.allSettled([
      ...(silent.length > 0 ? [storeAll(silent, how, count)] : []),
      ...changes.filter(isLoud).map((change) => fire(change, how, count)),
    ]);
    for (const one of all) if (one.status === 'rejected') throw one.reason;
  }

  function changeOf(item: Item, before: AccountRecord | undefined): Change | undefined {
    const derived = derive({ before, wanted: item.wanted, effects, at: clock() });
    return derived === null ? undefined : { item, derived, ifVersion: before?.version ?? 0 };
  }

  async function storeAll(changes: readonly Change[], how: LoadSettings, count: Count): Promise<void> {
    const { conflicts } = await store.write(
      changes.map(({ derived: { record }, ifVersion }) => ({
        type: 'account',
        account: { type: 'replace', record, ifVersion },
      })),
    );
    count.taken += changes.length - conflicts.size;
    for (const { item } of changes) if (conflicts.has(item.userId)) await takeAlone(item, how, count);
  }

  async function fire({ item, derived, ifVersion }: Change, how: LoadSettings, count: Count): Promise<void> {
    const event = putEvent({ id: item.id, derived, source: 'import' });
    const account = { type: 'replace', record: derived.record, ifVersion } as const;
    try {
      const accepted = await whenRoom(() => queue.accept(event, derived.calls.flatMap(jobsOf), account), how.signal);
      tally(count, accepted.duplicate ? 0 : accepted.jobs.length, !accepted.duplicate);
    } catch (thrown) {
      if (toOssiaError(thrown).code === 'conflict') await takeAlone(item, how, count);
      else refuse(item, thrown, count);
    }
  }

  async function takeAlone(item: Item, { jobs, signal }: LoadSettings, count: Count): Promise<void> {
    try {
      const taken = await whenRoom(() => take(item, { source: 'import', jobs, dryRun: false }), signal);
      tally(count, taken.duplicate ? 0 : taken.jobs.length, !taken.duplicate);
    } catch (thrown) {
      refuse(item, thrown, count);
    }
  }

  /** A line that is wrong stops nothing; whatever else it is, does. */
  function refuse({ line, userId }: Item, thrown: unknown, count: Count): void {
    const { code, fields } = toOssiaError(thrown);
    if (code !== 'input_invalid') throw thrown;
    reject(count, { line, user_id: userId, fields });
  }

  /** With many boxes dead the queue is full for long: then it is better to say so than to hold the sender. */
  async function whenRoom<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    for (const since = clock(); ; await sleep(200, undefined, { signal })) {
      try {
        return await work();
      } catch (thrown) {
        if (toOssiaError(thrown).code !== 'overloaded' || clock() - since > patienceMs) throw thrown;
      }
    }
  }

  async function audit({ problems: _, ...detail }: Count, { by, jobs }: LoadSettings): Promise<void> {
    const entry = { at: clock(), by, action: 'accounts.import', detail: { ...detail, derive: jobs } };
    await store.write([{ type: 'audit', entry }]);
  }
}

const notJson = { where: '', problem: 'is not JSON' };

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError();
  }
}

function reject(count: Count, problem: Problem): undefined {
  count.rejected++;
  if (count.problems.length < mostProblems) count.problems.push(problem);
  return undefined;
}

function tally(count: Count, jobs: number, isNew: boolean): void {
  if (isNew) count.taken++;
  else count.unchanged++;
  count.jobs += jobs;
}

interface Broken {
  readonly thrown: unknown;
  readonly count: Count;
  readonly signal: AbortSignal;
}

function brokenOff({ thrown, count: { lines, taken }, signal }: Broken): OssiaError {
  const why = signal.aborted ? toOssiaError(signal.reason) : toOssiaError(thrown);
  const code = signal.aborted && why.code === 'internal' ? 'aborted' : why.code;
  const stays = `Broken off at line ${lines}; the ${taken} accounts that were taken stay. All may be sent again: what is so already is left alone.`;
  return new OssiaError(code, `${why.message} ${stays}`, { cause: thrown });
}

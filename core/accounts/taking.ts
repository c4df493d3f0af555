// Takes whole states of accounts: compares with what is stored, and lets the hooks that make the difference run.
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Catalogue } from '../map/catalogue.ts';
import { derive, type WantedState } from '../map/derive.ts';
import { effectsOf } from '../map/effects.ts';
import { jobsOf } from '../map/jobs-of.ts';
import type { Turns } from '../model/turns.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Accounts, PutReceipt, PutSettings } from './accounts.ts';
import { createLoad } from './load.ts';
import { parseState } from './parse-state.ts';
import { putEvent, putName } from './put-event.ts';

export interface TakingOptions {
  readonly catalogue: Catalogue;
  readonly store: Pick<Store, 'record' | 'records' | 'event' | 'jobs' | 'write'>;
  readonly queue: Pick<Queue, 'accept'>;
  /** By user_id, the same as those of the door for events. */
  readonly turns: Turns;
  readonly clock: () => number;
  onEvent(event: { source: string; hook: string; result: 'accepted' | 'duplicate' | 'rejected' }): void;
}

/** One account's state, parsed. */
export interface TakenState {
  readonly userId: string;
  readonly id: string | undefined;
  readonly wanted: WantedState;
}

type Taken = Extract<PutReceipt, { type: 'taken' }>;

/** Events that came before and are not yet on disk make for one conflict, an import beside for another. */
const mostConflicts = 10;

export function createTaking(options: TakingOptions): Pick<Accounts, 'put' | 'load'> {
  const { store, turns, clock, onEvent } = options;
  const effects = effectsOf(options.catalogue);
  const queue: Pick<Queue, 'accept'> = {
    async accept(event, drafts, account) {
      const accepted = await options.queue.accept(event, drafts, account);
      onEvent({ source: event.source, hook: putName, result: accepted.duplicate ? 'duplicate' : 'accepted' });
      return accepted;
    },
  };

  const take = (state: TakenState, how: PutSettings): Promise<Taken> =>
    turns.take(state.userId, async () => {
      for (let conflicts = 0; ; conflicts++) {
        const repeated = state.id === undefined ? undefined : await takenBefore(state.userId, state.id);
        if (repeated !== undefined) return repeated;
        try {
          return await takeOnce(state, how);
        } catch (error) {
          if (toOssiaError(error).code !== 'conflict' || conflicts === mostConflicts) throw error;
        }
      }
    });

  async function takeOnce({ userId, id, wanted }: TakenState, how: PutSettings): Promise<Taken> {
    const before = await store.record(userId);
    const derived = derive({ before, wanted, effects, at: clock() });
    const version = derived?.record.version ?? before?.version ?? 0;
    const hooks = derived?.calls ?? [];
    const none = { type: 'taken', event: null, jobs: [], hooks, duplicate: false, changed: false, version } as const;
    if (derived === null || how.dryRun) return none;
    const receipt = { ...none, changed: true };
    const account = { type: 'replace', record: derived.record, ifVersion: before?.version ?? 0 } as const;
    if (!how.jobs || hooks.length === 0) {
      const { conflicts } = await store.write([{ type: 'account', account }]);
      if (conflicts.has(userId)) throw new OssiaError('conflict', `Account ${userId} was changed meanwhile.`);
      return { ...receipt, hooks: how.jobs ? hooks : [] };
    }
    const event = putEvent({ id, derived, source: how.source });
    const { jobs, duplicate } = await queue.accept(event, hooks.flatMap(jobsOf), account);
    return { ...receipt, event: event.id, jobs, duplicate, changed: !duplicate };
  }

  /** Undefined: no event has this id. */
  async function takenBefore(userId: string, id: string): Promise<Taken | undefined> {
    const event = await store.event(id);
    if (event === undefined) return undefined;
    if (event.hook !== putName || event.account['user_id'] !== userId) {
      const problem = `was the id of another event already: ${event.hook} of ${event.account['user_id']}; every event has an id of its own`;
      throw new OssiaError('input_invalid', `The id ${id} ${problem}.`, { fields: [{ where: '/id', problem }] });
    }
    const jobs = (await store.jobs({ eventId: id, limit: 10_000 })).toReversed();
    const version = (await store.record(userId))?.version ?? 0;
    const ids = jobs.map((job) => job.id);
    return { type: 'taken', event: id, jobs: ids, hooks: jobs, duplicate: true, changed: false, version };
  }

  return {
    async put(userId, body, how) {
      const parsed = parseState({ body, userId, effects });
      if (!parsed.ok) {
        onEvent({ source: how.source, hook: putName, result: 'rejected' });
        return { type: 'rejected', fields: parsed.fields };
      }
      try {
        return await take(parsed, how);
      } catch (thrown) {
        const error = toOssiaError(thrown);
        return error.code === 'input_invalid' ? { type: 'rejected', fields: error.fields } : { type: 'failed', error };
      }
    },
    load: createLoad({ store, queue, effects, clock, take }),
  };
}

// The door for events: parses, maps to jobs, and answers once they are on disk.
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Catalogue } from '../map/catalogue.ts';
import { effectsOf } from '../map/effects.ts';
import { type Mapped, mapEvent, mapExistence, needsRecord } from '../map/map-event.ts';
import { parseEvent } from '../map/parse-event.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { HookDefinition } from '../model/hook.ts';
import type { AccountRecord } from '../model/state.ts';
import type { Turns } from '../model/turns.ts';
import type { Queue } from '../queue/queue.ts';
import type { Ingest, Receipt } from './ingest.ts';

export interface IngestOptions {
  readonly catalogue: Catalogue;
  readonly queue: Pick<Queue, 'accept'>;
  readonly record: (userId: string) => Promise<AccountRecord | undefined>;
  /** By user_id: whoever looks at an account before it is changed does so in its turn. */
  readonly turns: Turns;
  readonly clock: () => number;
  onEvent(event: { source: string; hook: string; result: 'accepted' | 'duplicate' | 'rejected' }): void;
}

/** What came before and is not yet on disk makes for one conflict; the rest waits for its turn. */
const mostConflicts = 5;

export function openIngest({ catalogue, queue, record, turns, clock, onEvent }: IngestOptions): Ingest {
  const effects = effectsOf(catalogue);

  const take = async (event: OssiaEvent, { drafts, account }: Mapped): Promise<Receipt> => {
    const { jobs, duplicate } = await queue.accept(event, drafts, account);
    onEvent({ source: event.source, hook: event.hook, result: duplicate ? 'duplicate' : 'accepted' });
    return { type: 'accepted', event: event.id, jobs, duplicate };
  };
  const look = async (event: OssiaEvent, hook: HookDefinition): Promise<Receipt> => {
    for (let conflicts = 0; ; conflicts++) {
      const before = await record(event.account['user_id'] ?? '');
      try {
        return await take(event, mapExistence({ event, hook, at: clock(), before, effects }));
      } catch (error) {
        if (toOssiaError(error).code !== 'conflict' || conflicts === mostConflicts) throw error;
      }
    }
  };
  /** Events of one account are taken in the order in which they come here, also while one of them is looked up. */
  const accept = async (event: OssiaEvent, hook: HookDefinition): Promise<Receipt> => {
    const userId = event.account['user_id'] ?? '';
    if (needsRecord({ hook, event })) return turns.take(userId, () => look(event, hook));
    const begin = (): Promise<Receipt> => take(event, mapEvent({ event, hook, at: clock() }));
    if (!turns.busy(userId)) return begin();
    // Its turn is over once it is on its way: the next one need not wait for the disk.
    const { taken } = await turns.take(userId, async () => ({ taken: settled(begin()) }));
    const result = await taken;
    if ('error' in result) throw result.error;
    return result.receipt;
  };
  return {
    submit(items, source, note) {
      // All begin before any is waited for: they share a commit, in their order.
      return Promise.all(
        items.map((item): Receipt | Promise<Receipt> => {
          const parsed = parseEvent(item, source, catalogue);
          if (parsed.ok) return accept(note ? { ...parsed.event, note } : parsed.event, parsed.hook).catch(refusal);
          onEvent({ source, hook: '', result: 'rejected' });
          return { type: 'rejected', fields: parsed.fields };
        }),
      );
    },
    async submitSession({ id, hook: name, account, occurredAt }) {
      const hook = catalogue.get(name);
      if (hook === undefined) throw new OssiaError('internal', `There is no hook ${name}.`);
      return accept({ id, hook: name, account, occurredAt, source: 'accounting' }, hook);
    },
  };
}

function refusal(thrown: unknown): Receipt {
  const error = toOssiaError(thrown);
  return error.code === 'input_invalid' ? { type: 'rejected', fields: error.fields } : { type: 'failed', error };
}

type Settled = { readonly receipt: Receipt } | { readonly error: unknown };

function settled(receipt: Promise<Receipt>): Promise<Settled> {
  return receipt.then(
    (taken) => ({ receipt: taken }),
    (error: unknown) => ({ error }),
  );
}

// The door for events: parses, maps to jobs, and answers once they are on disk.
import { toOssiaError } from '../errors.ts';
import type { Catalogue } from '../map/catalogue.ts';
import { jobsOf } from '../map/jobs-of.ts';
import { parseEvent } from '../map/parse-event.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { Queue } from '../queue/queue.ts';
import type { Ingest, Receipt } from './ingest.ts';

export interface IngestOptions {
  readonly catalogue: Catalogue;
  readonly queue: Queue;
  onEvent(event: { source: string; hook: string; result: 'accepted' | 'duplicate' | 'rejected' }): void;
}

function refusal(thrown: unknown): Receipt {
  const error = toOssiaError(thrown);
  return error.code === 'input_invalid' ? { type: 'rejected', fields: error.fields } : { type: 'failed', error };
}

export function openIngest({ catalogue, queue, onEvent }: IngestOptions): Ingest {
  const accept = async (event: OssiaEvent): Promise<Receipt> => {
    const { jobs, duplicate } = await queue.accept(event, jobsOf(event));
    onEvent({ source: event.source, hook: event.hook, result: duplicate ? 'duplicate' : 'accepted' });
    return { type: 'accepted', event: event.id, jobs, duplicate };
  };
  return {
    submit(items, source, note) {
      // All begin before any is waited for: they share a commit, in their order.
      return Promise.all(
        items.map((item): Receipt | Promise<Receipt> => {
          const parsed = parseEvent(item, source, catalogue);
          if (parsed.ok) return accept(note ? { ...parsed.event, note } : parsed.event).catch(refusal);
          onEvent({ source, hook: '', result: 'rejected' });
          return { type: 'rejected', fields: parsed.fields };
        }),
      );
    },
    submitSession({ id, hook, account, occurredAt }) {
      return accept({ id, hook, account, occurredAt, source: 'accounting' });
    },
  };
}

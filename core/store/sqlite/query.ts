// Sends queries to the reader's thread and gives rows back.
import { Worker } from 'node:worker_threads';
import { OssiaError } from '../../errors.ts';
import type { ReaderReply, ReaderRequest } from './reader.ts';
import type { Value } from './statements.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Query {
  (sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** `onDeath`: the reader is gone and nothing can be read any more; not called by `close`. */
export function openQuery(file: string, onDeath: (why: string) => void, mode: 'read' | 'scan' = 'read'): Query {
  const worker = new Worker(new URL('./reader.ts', import.meta.url), {
    workerData: { file, mode },
    name: `store-${mode}`,
  });
  const waiting = new Map<number, { resolve(rows: readonly Row[]): void; reject(error: OssiaError): void }>();
  let last = 0;
  let dead: OssiaError | undefined;
  let closing = false;
  const fail = (message: string): void => {
    if (dead === undefined && !closing) onDeath(message);
    dead ??= new OssiaError('store_failed', message);
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  };
  worker.on('message', (replies: readonly ReaderReply[]) => {
    for (const reply of replies) {
      const query = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('rows' in reply) query?.resolve(reply.rows);
      else query?.reject(new OssiaError('store_failed', `The store could not read: ${reply.error}`));
    }
  });
  worker.on('error', (error) => fail(`The store's reader died: ${error.message}`));
  worker.on('exit', () => fail(closing ? 'The store is closed.' : "The store's reader ended."));

  let gathered: ReaderRequest[] = [];
  const flush = (): void => {
    worker.postMessage(gathered);
    gathered = [];
  };

  const query = (sql: string, ...values: readonly Value[]): Promise<readonly Row[]> => {
    if (dead !== undefined) return Promise.reject(dead);
    return new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      // One message for all questions of this turn of the event loop: a message costs more than a question.
      if (gathered.length === 0) setImmediate(flush);
      gathered.push({ id, sql, values });
    });
  };
  const close = async (): Promise<void> => {
    if (dead !== undefined) return;
    closing = true;
    const closed = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    if (gathered.length > 0) flush();
    worker.postMessage('close');
    await closed;
  };
  return Object.assign(query, { close });
}

/** The same in a thread of its own, which is there from the first question on: for what reads much and may take its time. */
export function openScan(file: string, onDeath: (why: string) => void): Query {
  let opened: Query | undefined;
  let closed = false;
  const scan = (sql: string, ...values: readonly Value[]): Promise<readonly Row[]> => {
    if (closed) return Promise.reject(new OssiaError('store_failed', 'The store is closed.'));
    opened ??= openQuery(file, onDeath, 'scan');
    return opened(sql, ...values);
  };
  const close = async (): Promise<void> => {
    closed = true;
    await opened?.close();
  };
  return Object.assign(scan, { close });
}

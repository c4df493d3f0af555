// The reader's thread: answers queries on its own connection, so that a long one never waits in front of a commit.
import type { StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './database.ts';
import type { Value } from './statements.ts';

export interface ReaderRequest {
  readonly id: number;
  readonly sql: string;
  readonly values: readonly Value[];
}
export type ReaderReply =
  | { readonly id: number; readonly rows: readonly Record<string, unknown>[] }
  | { readonly id: number; readonly error: string };

const port = parentPort;
if (port !== null) {
  const database = openDatabase(workerData.file, 'read');
  const prepared = new Map<string, StatementSync>();
  port.on('message', (request: ReaderRequest | 'close') => {
    if (request === 'close') {
      database.close();
      port.close();
      return;
    }
    const { id, sql, values } = request;
    try {
      const statement = prepared.get(sql) ?? database.prepare(sql);
      prepared.set(sql, statement);
      port.postMessage({ id, rows: statement.all(...values) } satisfies ReaderReply);
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies ReaderReply);
    }
  });
}

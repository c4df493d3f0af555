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
  const database = openDatabase(workerData.file, workerData.mode);
  const prepared = new Map<string, StatementSync>();
  const answer = ({ id, sql, values }: ReaderRequest): ReaderReply => {
    try {
      const statement = prepared.get(sql) ?? database.prepare(sql);
      prepared.set(sql, statement);
      return { id, rows: statement.all(...values) };
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) };
    }
  };
  port.on('message', (requests: readonly ReaderRequest[] | 'close') => {
    if (requests !== 'close') return port.postMessage(requests.map(answer));
    database.close();
    port.close();
  });
}

// The writer's thread: runs groups of batches, one commit for a group, and says which events were there already.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { OssiaError } from '../../errors.ts';
import { lockFolder, openDatabase, remedyFor } from './database.ts';
import { type StatementName, type Step, statements, type Value } from './statements.ts';

export type WriterRequest =
  | { readonly type: 'group'; readonly batches: readonly (readonly Step[])[] }
  | { readonly type: 'close' };
/** One result per batch: what was there already and what was of another version, or why nothing of it was kept. */
export type BatchResult = Told | { readonly error: string };
interface Told {
  readonly duplicates: string[];
  readonly conflicts: string[];
}
export type WriterReply =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: string }
  | { readonly type: 'done'; readonly results: readonly BatchResult[] }
  | { readonly type: 'closed' };

const port = parentPort;
if (port !== null) {
  const reply = (message: WriterReply): void => port.postMessage(message);
  try {
    const lock = lockFolder(workerData.file);
    const database = openDatabase(workerData.file, 'write');
    const group = createGroupRunner(database);
    port.on('message', (request: WriterRequest) => {
      if (request.type === 'group') return reply({ type: 'done', results: group(request.batches) });
      database.close();
      lock.close();
      reply({ type: 'closed' });
      port.close();
    });
    reply({ type: 'ready' });
  } catch (error) {
    const problem = messageOf(error);
    // What is said by us says what to do already.
    reply({ type: 'failed', error: error instanceof OssiaError ? problem : `${problem}; ${remedyFor(problem)}` });
  }
}

function createGroupRunner(database: DatabaseSync): (batches: readonly (readonly Step[])[]) => BatchResult[] {
  const prepared = Object.fromEntries(
    Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)]),
  ) as Record<StatementName, StatementSync>;

  const runOne = (statement: StatementName, values: readonly Value[]): boolean =>
    prepared[statement].run(...values).changes !== 0;
  const runAll = (steps: readonly Step[], told: Told): void => {
    for (const { run, values, next, otherwise } of steps) {
      const changed =
        typeof run === 'string' ? runOne(run, values) : run.some((statement) => runOne(statement, values));
      if (changed) {
        if (next !== undefined) runAll(next, told);
      } else if (otherwise !== undefined) {
        const { tell, steps: others } = otherwise;
        if (tell !== undefined && 'duplicate' in tell) told.duplicates.push(tell.duplicate);
        else if (tell !== undefined) told.conflicts.push(tell.conflict);
        if (others !== undefined) runAll(others, told);
      }
    }
  };
  const transaction = (batches: readonly (readonly Step[])[]): BatchResult[] => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const results = batches.map((batch) => {
        const told: Told = { duplicates: [], conflicts: [] };
        runAll(batch, told);
        return told;
      });
      database.exec('COMMIT');
      return results;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  return (batches) => {
    try {
      return transaction(batches);
    } catch (error) {
      if (batches.length === 1) return [{ error: messageOf(error) }];
      // One bad batch must not take the others down with it: each alone, in their order.
      return batches.map((batch) => {
        try {
          return transaction([batch])[0] ?? { duplicates: [], conflicts: [] };
        } catch (alone) {
          return { error: messageOf(alone) };
        }
      });
    }
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Resyncs as rows: a run with what it is found by beside its body, and the items of its plan.
import type { ResyncItem, ResyncRun } from '../../model/resync.ts';
import type { Row } from './query.ts';
import type { Step } from './statements.ts';

export function encodeRun(run: ResyncRun): Step {
  const { id, nas, state, createdAt, ...body } = run;
  return { run: 'upsertRun', values: [id, nas, state, createdAt, JSON.stringify(body)] };
}

export function encodeItem(run: string, item: ResyncItem): Step {
  const { seq, userId, ...body } = item;
  return { run: 'upsertItem', values: [run, seq, userId, JSON.stringify(body)] };
}

export function runOf(row: Row): ResyncRun {
  const { id, nas, state, created_at: createdAt, body } = row;
  return { ...JSON.parse(String(body)), id, nas, state, createdAt } as ResyncRun;
}

export function itemOf(row: Row): ResyncItem {
  return { ...JSON.parse(String(row['body'])), seq: row['seq'], userId: row['user_id'] } as ResyncItem;
}

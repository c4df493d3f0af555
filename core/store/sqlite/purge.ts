// Removes what is old, some of it at a time: what goes is looked for beside the commits, and looked at again when it goes.
import { endedStates } from '../../model/job.ts';
import type { Purge } from '../store.ts';
import type { Query, Row } from './query.ts';
import type { Step } from './statements.ts';

interface PurgeOptions {
  readonly scan: Query;
  readonly run: (steps: readonly Step[]) => Promise<unknown>;
}

/** Rows looked at by one question. */
const windowRows = 5000;

const ended = [...endedStates].map((state) => `'${state}'`).join(', ');

/** ?1: where the page before ended, ?2: older than this. Ids grow with time: what was made later than that, nothing after it is older. */
const jobsWindow = `SELECT id, event_id, created_at AS at, state IN (${ended}) AND updated_at < ?2 AS old
  FROM jobs WHERE id > ?1 ORDER BY id LIMIT ${windowRows}`;
const journalWindow = `SELECT r.id, coalesce(j.created_at, 0) AS at,
    j.id IS NULL OR (j.state IN (${ended}) AND j.updated_at < ?2) AS old
  FROM (SELECT id, job_id FROM journal WHERE id > ?1 ORDER BY id LIMIT ${windowRows}) r LEFT JOIN jobs j ON j.id = r.job_id ORDER BY r.id`;

export function createPurge({ scan, run }: PurgeOptions): (what: Purge) => Promise<number> {
  async function oldOnes(window: string, { before, limit }: Purge): Promise<Row[]> {
    const found: Row[] = [];
    for (let after = -1; ; ) {
      const rows = await scan(window, after, before);
      const last = rows.at(-1);
      found.push(...rows.filter((row) => row['old'] === 1));
      if (last === undefined || found.length >= limit || Number(last['at']) >= before) return found.slice(0, limit);
      after = Number(last['id']);
    }
  }

  async function jobs(what: Purge): Promise<number> {
    const rows = await oldOnes(jobsWindow, what);
    const jobless = 'SELECT id FROM events WHERE jobless = 1 AND accepted_at < ? ORDER BY accepted_at LIMIT ?';
    const events = rows.length < what.limit ? await scan(jobless, what.before, what.limit - rows.length) : [];
    const removal = ({ id, event_id }: Row): Step => ({
      run: 'purgeJob',
      values: [Number(id), what.before],
      next: [
        { run: 'purgeJournalOf', values: [Number(id)] },
        { run: 'purgeEventOf', values: [String(event_id)] },
      ],
    });
    await runSome([
      ...rows.map(removal),
      ...events.map(({ id }): Step => ({ run: 'purgeEventOf', values: [String(id)] })),
    ]);
    return rows.length + events.length;
  }

  async function journal(what: Purge): Promise<number> {
    const rows = await oldOnes(journalWindow, what);
    await runSome(rows.map(({ id }) => ({ run: 'purgeJournal', values: [Number(id), what.before] })));
    return rows.length;
  }

  async function cdrs({ before, limit }: Purge): Promise<number> {
    // None has begun after it ended.
    const sql = 'SELECT row FROM cdrs WHERE started_at < ?1 AND ended_at < ?1 ORDER BY started_at LIMIT ?2';
    const rows = await scan(sql, before, limit);
    await runSome(rows.map(({ row }) => ({ run: 'purgeCdr', values: [Number(row), before] })));
    return rows.length;
  }

  async function audit({ before, limit }: Purge): Promise<number> {
    const rows = await scan('SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?', before, limit);
    await runSome(rows.map(({ id }) => ({ run: 'deleteAudit', values: [Number(id)] })));
    return rows.length;
  }

  /** A plan has up to an item for each account of the box: they go first, the run when none is left. */
  async function resyncs({ before, limit }: Purge): Promise<number> {
    const open = `state IN ('planning', 'asks', 'applying')`;
    const oldest = `SELECT id FROM resync_runs WHERE created_at < ?1 AND body ->> '$.updatedAt' < ?1 AND NOT ${open}
      ORDER BY created_at LIMIT ?2`;
    let gone = 0;
    for (const { id } of await scan(oldest, before, limit)) {
      const left = limit - gone;
      const items = await scan('SELECT seq FROM resync_items WHERE run = ? ORDER BY seq LIMIT ?', String(id), left);
      const steps = items.map(({ seq }): Step => ({ run: 'deleteItem', values: [String(id), Number(seq)] }));
      if (items.length < left) steps.push({ run: 'deleteRun', values: [String(id)] });
      await runSome(steps);
      gone += steps.length;
      if (gone >= limit) break;
    }
    return gone;
  }

  /** The scope itself goes when nothing is left in it. */
  async function kv({ before, limit }: Purge): Promise<number> {
    const unused = 'SELECT nas, plugin FROM kv_scopes WHERE used_at < ? ORDER BY used_at LIMIT ?';
    let gone = 0;
    for (const row of await scan(unused, before, limit)) {
      const scope = [String(row['nas']), String(row['plugin'])] as const;
      const left = limit - gone;
      const entries = await scan('SELECT key FROM kv WHERE nas = ? AND plugin = ? LIMIT ?', ...scope, left);
      const steps = entries.map(({ key }): Step => ({ run: 'purgeKv', values: [...scope, String(key), before] }));
      if (entries.length < left) steps.push({ run: 'purgeKvScope', values: [...scope, before] });
      await runSome(steps);
      gone += steps.length;
      if (gone >= limit) break;
    }
    return gone;
  }

  async function runSome(steps: readonly Step[]): Promise<void> {
    if (steps.length > 0) await run(steps);
  }

  const ways = { jobs, journal, cdrs, audit, resyncs, kv };
  return (what) => ways[what.what](what);
}

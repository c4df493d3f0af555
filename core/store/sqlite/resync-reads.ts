// Questions about what the daemon itself does: resyncs and their plans, pauses, and who did what.
import type { Store } from '../store.ts';
import type { Query } from './query.ts';
import { itemOf, runOf } from './resync-rows.ts';

type ResyncReads = Pick<Store, 'resyncRuns' | 'resyncRun' | 'resyncItems' | 'pauses' | 'audit'>;

export function resyncReads({ query, scan }: { readonly query: Query; readonly scan: Query }): ResyncReads {
  return {
    async resyncRuns({ nas, states, limit }) {
      const where = ['true', ...(nas === undefined ? [] : ['nas = ?'])];
      if (states !== undefined) where.push(`state IN (${states.map(() => '?').join(', ')})`);
      const sql = `SELECT * FROM resync_runs WHERE ${where.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT ?`;
      return (await query(sql, ...(nas === undefined ? [] : [nas]), ...(states ?? []), limit)).map(runOf);
    },
    async resyncRun(id) {
      const [row] = await query('SELECT * FROM resync_runs WHERE id = ?', id);
      return row && runOf(row);
    },
    async resyncItems(run, after, limit) {
      const sql = 'SELECT seq, user_id, body FROM resync_items WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?';
      return (await scan(sql, run, after, limit)).map(itemOf);
    },
    async pauses() {
      const rows = await query('SELECT scope, by, reason, since FROM pauses ORDER BY since, scope');
      return rows.map((row) => ({
        scope: String(row['scope']),
        by: String(row['by']),
        reason: String(row['reason']),
        since: Number(row['since']),
      }));
    },
    async audit({ before = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = await query('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?', before, limit);
      return rows.map((row) => ({
        id: Number(row['id']),
        at: Number(row['at']),
        by: String(row['by']),
        action: String(row['action']),
        detail: JSON.parse(String(row['detail'])) as Record<string, unknown>,
      }));
    },
  };
}

// Every statement that changes the database, by name; the writer prepares each once.

const account = 'user_id, login, nas_ip, ip, nas_key, variables, desired, gone_at, updated_at';
/**
 * Of what is told of an account: ?1 its id, ?2 the variables, ?3 what is settled, ?4 the time, ?5 the value of `exists`, ?6 login,
 * ?7 ip, ?8 nas_ip, ?9 the key of the box where that is known from all this alone, ?10 nas_id, ?11 the version that the row must
 * be of; null what is not told. The same values go to each of these statements.
 */
const settled = `desired = json_patch(desired, ?3), version = version + 1, updated_at = ?4,
  gone_at = CASE ?5 WHEN 'true' THEN 0 WHEN 'false' THEN iif(gone_at = 0, ?4, gone_at) ELSE gone_at END`;
const itsRow = 'WHERE user_id = ?1 AND version = coalesce(?11, version)';
const ended = `state IN ('done', 'superseded', 'refused', 'dead', 'skipped')`;

export const statements = {
  insertEvent: `INSERT INTO events (id, hook, account, occurred_at, source, accepted_at, jobless) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`,
  deleteEvent: 'DELETE FROM events WHERE id = ?',
  insertJob: `INSERT INTO jobs (id, event_id, lane, nas_key, hook, user_id, login, account, state, attempt, failures, not_before, reason, code, created_at, updated_at, background)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  updateJob: `UPDATE jobs SET state = coalesce(?, state), attempt = coalesce(?, attempt), failures = coalesce(?, failures),
    not_before = coalesce(?, not_before), reason = coalesce(?, reason), code = coalesce(?, code), updated_at = ? WHERE id = ?`,
  editJob: 'UPDATE jobs SET account = ?, login = ? WHERE id = ?',
  insertJournal: 'INSERT INTO journal (job_id, entries) VALUES (?, ?)',

  insertAccount: `INSERT INTO accounts (${account}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  replaceAccount: `UPDATE accounts SET (login, nas_ip, ip, nas_key, variables, desired, gone_at, updated_at) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9),
    version = version + 1 WHERE user_id = ?1 AND version = ?10`,
  // What is found by keeps its place in the indexes: by far the most events say nothing new of that.
  mergeSame: `UPDATE accounts SET variables = json_patch(variables, ?2), ${settled} ${itsRow} AND login = coalesce(?6, login)
    AND ip = coalesce(?7, ip) AND nas_ip = coalesce(?8, nas_ip) AND nas_key = coalesce(?9, nas_key) AND ?10 IS ?10`,
  merge: `UPDATE accounts SET variables = json_patch(variables, ?2), ${settled}, login = coalesce(?6, login), ip = coalesce(?7, ip),
    nas_ip = coalesce(?8, nas_ip), nas_key = CASE WHEN ?9 IS NOT NULL THEN ?9 WHEN coalesce(?8, nas_ip) <> '' THEN nas_key
      ELSE 'id:' || coalesce(?10, variables ->> '$.nas_id', '') END ${itsRow}`,
  firstTold: `INSERT INTO accounts (${account}) SELECT ?1, coalesce(?6, ''), coalesce(?8, ''), coalesce(?7, ''),
      coalesce(?9, 'id:' || coalesce(?10, '')), ?2, ?3, iif(?5 = 'false', ?4, 0), ?4 WHERE coalesce(?11, 0) = 0 ON CONFLICT DO NOTHING`,
  settleAccount: `UPDATE accounts SET ${settled} WHERE user_id = ?1 AND version = coalesce(?2, version)`,
  // Changes nothing, and says whether it is so.
  guardAccount: 'UPDATE accounts SET version = version WHERE user_id = ? AND version = ?',
  mergeApplied: `INSERT INTO applied (user_id, nas_key, marks) VALUES (?1, ?2, json_patch('{}', ?3))
    ON CONFLICT (user_id, nas_key) DO UPDATE SET marks = json_patch(marks, ?3)`,
  replaceApplied: `INSERT INTO applied (user_id, nas_key, marks) VALUES (?1, ?2, json_patch('{}', ?3))
    ON CONFLICT (user_id, nas_key) DO UPDATE SET marks = excluded.marks`,

  upsertRun: `INSERT INTO resync_runs (id, nas, state, created_at, body) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`,
  deleteRun: 'DELETE FROM resync_runs WHERE id = ?',
  upsertItem: 'INSERT OR REPLACE INTO resync_items (run, seq, user_id, body) VALUES (?, ?, ?, ?)',
  deleteItem: 'DELETE FROM resync_items WHERE run = ? AND seq = ?',
  upsertPause: `INSERT INTO pauses (scope, by, reason, since) VALUES (?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET by = excluded.by, reason = excluded.reason, since = excluded.since`,
  deletePause: 'DELETE FROM pauses WHERE scope = ?',
  insertAudit: 'INSERT INTO audit (at, by, action, detail) VALUES (?, ?, ?, ?)',
  deleteAudit: 'DELETE FROM audit WHERE id = ?',

  openKv: `INSERT INTO kv_scopes (nas, plugin, used_at) VALUES (?, ?, ?)
    ON CONFLICT (nas, plugin) DO UPDATE SET used_at = max(used_at, excluded.used_at)`,
  keepKv: 'UPDATE kv_scopes SET used_at = max(used_at, ?3) WHERE nas = ?1 AND plugin = ?2',
  // Values: nas, plugin, key, value, its bytes, time, expiry, and what the scope may hold in bytes and in keys.
  setKv: `INSERT INTO kv (nas, plugin, key, value, bytes, updated_at, expires_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
    FROM kv_scopes s LEFT JOIN kv old ON old.nas = ?1 AND old.plugin = ?2 AND old.key = ?3 WHERE s.nas = ?1 AND s.plugin = ?2
    AND s.bytes + ?5 - coalesce(old.bytes, 0) <= ?8 AND s.keys + (old.key IS NULL) <= ?9
    ON CONFLICT (nas, plugin, key) DO UPDATE SET value = excluded.value, bytes = excluded.bytes, updated_at = excluded.updated_at,
    expires_at = excluded.expires_at`,
  deleteKv: 'DELETE FROM kv WHERE nas = ? AND plugin = ? AND key = ?',
  deleteKvWithin: 'DELETE FROM kv WHERE nas = ? AND plugin = ? AND key >= ? AND key < ?',
  deleteKvExpired: 'DELETE FROM kv WHERE nas = ? AND plugin = ? AND expires_at <= ?',

  upsertLive: `INSERT INTO live_sessions (key, nas, started_at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET started_at = excluded.started_at, body = excluded.body`,
  deleteLive: 'DELETE FROM live_sessions WHERE key = ?',
  upsertCdr: `INSERT INTO cdrs (key, id, nas, user_id, login, address, prefix, delegated, mac, started_at, ended_at, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id, address = excluded.address,
    prefix = excluded.prefix, delegated = excluded.delegated, mac = excluded.mac,
    started_at = excluded.started_at, ended_at = excluded.ended_at, body = excluded.body`,
  deleteCdr: 'DELETE FROM cdrs WHERE key = ?',

  // What was old when it was looked for may have begun anew since.
  purgeJob: `DELETE FROM jobs WHERE id = ? AND updated_at < ? AND ${ended}`,
  purgeJournalOf: 'DELETE FROM journal WHERE job_id = ?',
  purgeEventOf: 'DELETE FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE event_id = ?1)',
  purgeJournal: `DELETE FROM journal WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = journal.job_id AND NOT (updated_at < ?2 AND ${ended}))`,
  purgeCdr: 'DELETE FROM cdrs WHERE row = ? AND ended_at < ?',
  purgeKv: `DELETE FROM kv WHERE nas = ?1 AND plugin = ?2 AND key = ?3
    AND EXISTS (SELECT 1 FROM kv_scopes WHERE nas = ?1 AND plugin = ?2 AND used_at < ?4)`,
  purgeKvScope: 'DELETE FROM kv_scopes WHERE nas = ? AND plugin = ? AND keys = 0 AND used_at < ?',
} as const;

export type StatementName = keyof typeof statements;
export type Value = string | number | null;

/** One step of a batch: a statement with its values, or the first of several that changes a row, and what depends on whether it did. */
export interface Step {
  readonly run: StatementName | readonly StatementName[];
  readonly values: readonly Value[];
  /** When it did. */
  readonly next?: readonly Step[];
  /** When it did not; what is told goes back to who wrote the batch. */
  readonly otherwise?: {
    readonly tell?: { readonly duplicate: string } | { readonly conflict: string };
    readonly steps?: readonly Step[];
  };
}

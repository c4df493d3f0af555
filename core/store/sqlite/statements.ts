// Every statement that changes the database, by name; the writer prepares each once.

export const statements = {
  insertEvent:
    'INSERT INTO events (id, hook, account, occurred_at, source, accepted_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  insertJob: `INSERT INTO jobs (id, event_id, lane, nas_key, hook, user_id, login, account, state, attempt, failures, not_before, reason, code, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  updateJob: `UPDATE jobs SET state = coalesce(?, state), attempt = coalesce(?, attempt), failures = coalesce(?, failures),
    not_before = coalesce(?, not_before), reason = coalesce(?, reason), code = coalesce(?, code), updated_at = ? WHERE id = ?`,
  insertJournal: 'INSERT INTO journal (job_id, entries) VALUES (?, ?)',
  upsertAccount: `INSERT INTO accounts (user_id, login, nas_ip, ip, variables, updated_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_id) DO UPDATE SET login = excluded.login, nas_ip = excluded.nas_ip, ip = excluded.ip,
    variables = excluded.variables, updated_at = excluded.updated_at`,
  upsertLive: `INSERT INTO live_sessions (key, nas, started_at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET started_at = excluded.started_at, body = excluded.body`,
  deleteLive: 'DELETE FROM live_sessions WHERE key = ?',
  upsertCdr: `INSERT INTO cdrs (key, id, nas, user_id, login, framed_ip, mac, started_at, ended_at, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id, framed_ip = excluded.framed_ip, mac = excluded.mac,
    started_at = excluded.started_at, ended_at = excluded.ended_at, body = excluded.body`,
  deleteCdr: 'DELETE FROM cdrs WHERE key = ?',
} as const;

export type StatementName = keyof typeof statements;
export type Value = string | number | null;

/** One step of a batch: a statement with its values; `steps` run only if `unless` inserted a row. */
export type Step =
  | { readonly run: StatementName; readonly values: readonly Value[] }
  | {
      readonly unless: string;
      readonly run: StatementName;
      readonly values: readonly Value[];
      readonly steps: readonly Step[];
    };

-- Events, jobs, journal, accounts and sessions: the first shape. A published migration is never edited.
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  hook TEXT NOT NULL,
  account TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  source TEXT NOT NULL,
  accepted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL,
  lane TEXT NOT NULL,
  nas_key TEXT NOT NULL,
  hook TEXT NOT NULL,
  user_id TEXT NOT NULL,
  login TEXT NOT NULL,
  -- NULL: the same as its event's.
  account TEXT,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  reason TEXT NOT NULL,
  code TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_event ON jobs (event_id);
CREATE INDEX jobs_by_user ON jobs (user_id);
-- Small ones: only what has not ended, and what ended badly.
CREATE INDEX jobs_unended ON jobs (id) WHERE state IN ('waiting', 'running', 'retrying', 'parked');
CREATE INDEX jobs_notable ON jobs (state, id) WHERE state <> 'done';

CREATE TABLE journal (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL,
  -- A JSON array of entries, one row for all that was kept at one time.
  entries TEXT NOT NULL
) STRICT;
CREATE INDEX journal_by_job ON journal (job_id);

CREATE TABLE accounts (
  user_id TEXT PRIMARY KEY,
  login TEXT NOT NULL,
  nas_ip TEXT NOT NULL,
  ip TEXT NOT NULL,
  variables TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_login ON accounts (login) WHERE login <> '';
CREATE INDEX accounts_by_ip ON accounts (ip) WHERE ip <> '';

CREATE TABLE sessions (
  key TEXT PRIMARY KEY,
  nas TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_live ON sessions (nas) WHERE ended_at = 0;

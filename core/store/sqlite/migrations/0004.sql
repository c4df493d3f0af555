-- What every account should have and what was made of it on each box; resyncs with their plans; pauses; who did what.
ALTER TABLE accounts ADD COLUMN nas_key TEXT NOT NULL DEFAULT '';
-- A JSON object: settle key -> value.
ALTER TABLE accounts ADD COLUMN desired TEXT NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN gone_at INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET variables = json_remove(variables, '$.usluga_id', '$.acct_session_id'),
  nas_key = nas_key_of(nas_ip, coalesce(variables ->> '$.nas_id', ''));
CREATE INDEX accounts_by_nas ON accounts (nas_key, user_id);

CREATE TABLE applied (
  user_id TEXT NOT NULL,
  nas_key TEXT NOT NULL,
  -- A JSON object: settle key -> { value, job, at, failed }.
  marks TEXT NOT NULL,
  PRIMARY KEY (user_id, nas_key)
) STRICT, WITHOUT ROWID;

ALTER TABLE jobs ADD COLUMN background INTEGER NOT NULL DEFAULT 0;

-- Events go with their last job; those that made none go by their age.
ALTER TABLE events ADD COLUMN jobless INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_jobless ON events (accepted_at) WHERE jobless = 1;

CREATE TABLE resync_runs (
  id TEXT PRIMARY KEY,
  nas TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- The rest of the run, JSON.
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX resync_runs_by_nas ON resync_runs (nas, created_at);
CREATE INDEX resync_runs_open ON resync_runs (state) WHERE state IN ('planning', 'asks', 'applying');

CREATE TABLE resync_items (
  run TEXT NOT NULL,
  seq INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE pauses (
  -- `all`, `nas:<name>` or `plugin:<name>`.
  scope TEXT PRIMARY KEY,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  action TEXT NOT NULL,
  -- JSON: what it was about and what came of it.
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);

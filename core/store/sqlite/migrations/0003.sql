-- Live sessions in a narrow table of their own, closed ones as call detail records that are found by whom they concern.
CREATE TABLE live_sessions (
  key TEXT PRIMARY KEY,
  nas TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cdrs (
  row INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  id TEXT NOT NULL,
  nas TEXT NOT NULL,
  user_id TEXT NOT NULL,
  login TEXT NOT NULL,
  framed_ip TEXT NOT NULL,
  -- 12 hex digits, whatever the box writes.
  mac TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX cdrs_by_id ON cdrs (id);
CREATE INDEX cdrs_by_user ON cdrs (user_id, started_at) WHERE user_id <> '';
CREATE INDEX cdrs_by_login ON cdrs (login, started_at) WHERE login <> '';
CREATE INDEX cdrs_by_ip ON cdrs (framed_ip, started_at) WHERE framed_ip <> '';
CREATE INDEX cdrs_by_mac ON cdrs (mac, started_at) WHERE mac <> '';
CREATE INDEX cdrs_by_start ON cdrs (started_at);

-- What the first shape kept has no id yet, and does not say that its end after a reboot was concluded.
UPDATE sessions SET body = json_set(body, '$.id', lower(hex(randomblob(10))))
  WHERE coalesce(json_extract(body, '$.id'), '') = '';

INSERT INTO live_sessions (key, nas, started_at, body)
  SELECT key, nas, json_extract(body, '$.startedAt'), body FROM sessions WHERE ended_at = 0;

INSERT INTO cdrs (key, id, nas, user_id, login, framed_ip, mac, started_at, ended_at, body)
  SELECT key, json_extract(body, '$.id'), nas, coalesce(json_extract(body, '$.userId'), ''),
    coalesce(json_extract(body, '$.userName'), ''), coalesce(json_extract(body, '$.framedIp'), ''),
    lower(replace(replace(replace(coalesce(json_extract(body, '$.callingStationId'), ''), ':', ''), '-', ''), '.', '')),
    json_extract(body, '$.startedAt'), ended_at, body
  FROM sessions WHERE ended_at <> 0;

DROP TABLE sessions;

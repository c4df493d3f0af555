-- What plugins keep for themselves, apart for each profile and plugin. The triggers count, so that a limit costs no walk.
CREATE TABLE kv_scopes (
  nas TEXT NOT NULL,
  plugin TEXT NOT NULL,
  keys INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (nas, plugin)
) STRICT, WITHOUT ROWID;

CREATE TABLE kv (
  nas TEXT NOT NULL,
  plugin TEXT NOT NULL,
  key TEXT NOT NULL,
  -- JSON.
  value TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- NULL: it stays.
  expires_at INTEGER,
  UNIQUE (nas, plugin, key)
) STRICT;
CREATE INDEX kv_expiring ON kv (nas, plugin, expires_at) WHERE expires_at IS NOT NULL;

CREATE TRIGGER kv_added AFTER INSERT ON kv BEGIN
  UPDATE kv_scopes SET keys = keys + 1, bytes = bytes + new.bytes WHERE nas = new.nas AND plugin = new.plugin;
END;
CREATE TRIGGER kv_changed AFTER UPDATE OF bytes ON kv BEGIN
  UPDATE kv_scopes SET bytes = bytes + new.bytes - old.bytes WHERE nas = new.nas AND plugin = new.plugin;
END;
CREATE TRIGGER kv_removed AFTER DELETE ON kv BEGIN
  UPDATE kv_scopes SET keys = keys - 1, bytes = bytes - old.bytes WHERE nas = old.nas AND plugin = old.plugin;
END;

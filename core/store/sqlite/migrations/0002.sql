-- The id of a deleted job is not given again: its journal, tokens and links elsewhere would mean another job.
CREATE TABLE deleted_jobs (highest INTEGER NOT NULL) STRICT;
INSERT INTO deleted_jobs VALUES (0);
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
  UPDATE deleted_jobs SET highest = max(highest, OLD.id);
END;

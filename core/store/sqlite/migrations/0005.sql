-- Closed sessions are found by every address they had: the first of each prefix, as texts that sort as addresses do.
ALTER TABLE cdrs ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE cdrs ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
ALTER TABLE cdrs ADD COLUMN delegated TEXT NOT NULL DEFAULT '';

-- `address_key` is the daemon's own. Bodies are objects in the oldest rows, else lists.
UPDATE cdrs SET
  address = address_key(framed_ip),
  prefix = address_key(coalesce(json_extract(body, '$[9]'), json_extract(body, '$.framedIpv6Prefix'), '')),
  delegated = address_key(coalesce(json_extract(body, '$[10]'), json_extract(body, '$.delegatedIpv6Prefix'), ''));

DROP INDEX cdrs_by_ip;
ALTER TABLE cdrs DROP COLUMN framed_ip;
CREATE INDEX cdrs_by_address ON cdrs (address, started_at) WHERE address <> '';
CREATE INDEX cdrs_by_prefix ON cdrs (prefix, started_at) WHERE prefix <> '';
CREATE INDEX cdrs_by_delegated ON cdrs (delegated, started_at) WHERE delegated <> '';

// The embedded store: SQLite in one directory, one writer thread, one reader thread, and one more for long passes.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OssiaError } from '../../errors.ts';
import type { Session } from '../../model/session.ts';
import { sessionOfText, sessionsOfArray } from '../../model/session-body.ts';
import type { Change, Store, Written } from '../store.ts';
import { accountReads } from './account-reads.ts';
import { manyQuery } from './cdr-networks.ts';
import { type CommitStats, openGroupCommit } from './group-commit.ts';
import { jobReads } from './job-reads.ts';
import { kvReads } from './kv-rows.ts';
import { createPurge } from './purge.ts';
import { openQuery, openScan } from './query.ts';
import { readLive } from './read-live.ts';
import { resyncReads } from './resync-reads.ts';
import { cdrsQuery } from './session-rows.ts';
import { openSessionsBehind } from './sessions-behind.ts';

const nothing: Written = { duplicates: new Set(), conflicts: new Set() };
const isNoSession = (change: Change): boolean => change.type !== 'session';

export interface StoreOptions {
  readonly directory: string;
  onCommit?(stats: CommitStats): void;
  /** What an operator should know of, in words. */
  onTrouble?(what: string): void;
  /** The store is lost for this process: nothing can be written or read until it is opened again. */
  onDeath?(why: string): void;
}

export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory, onCommit = () => {}, onTrouble = () => {}, onDeath = () => {} } = options;
  const file = join(directory, 'ossia.db');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
  } catch (cause) {
    throw new OssiaError(
      'store_failed',
      `${directory} cannot be the data folder: ${cause instanceof Error ? cause.message : cause}; set another \`data\``,
      { cause },
    );
  }
  const commits = await openGroupCommit({ file, onCommit, onDeath });
  const query = openQuery(file, onDeath);
  const scan = openScan(file, onDeath);
  const rowOf = async (key: string): Promise<Session | undefined> => {
    const sql = 'SELECT body FROM live_sessions WHERE key = ?1 UNION ALL SELECT body FROM cdrs WHERE key = ?1';
    const [row] = await query(sql, key);
    return row && sessionOfText(String(row['body']));
  };
  const behind = await openSessionsBehind({
    directory: join(directory, 'sessions-log'),
    writeRows: commits.write,
    async readRows(keys) {
      const asked = 'SELECT value FROM json_each(?1)';
      const rows = `SELECT body FROM live_sessions WHERE key IN (${asked}) UNION ALL SELECT body FROM cdrs WHERE key IN (${asked})`;
      const [row] = await query(
        `SELECT '[' || group_concat(body) || ']' AS bodies FROM (${rows})`,
        JSON.stringify(keys),
      );
      return sessionsOfArray(String(row?.['bodies'] ?? '[]'));
    },
    onWrite: ({ writes, ms }) => onCommit({ batches: writes, ms }),
    warn: onTrouble,
  });

  return {
    async write(changes) {
      const sessions = changes.filter((change) => change.type === 'session');
      if (sessions.length === 0) return commits.write(changes);
      await behind.write(sessions);
      return sessions.length === changes.length ? nothing : commits.write(changes.filter(isNoSession));
    },
    ...jobReads({ query, scan }),
    ...accountReads({ query, scan }),
    ...resyncReads({ query, scan }),
    ...kvReads({ query }),
    purge: createPurge({ scan, run: commits.run }),
    async openSessions() {
      await behind.settle('all');
      return readLive(file);
    },
    async session(key) {
      await behind.settle('all');
      return rowOf(key);
    },
    async lastSession(keyPrefix) {
      // Live ones are in memory with who asks; a closed one may be only in the log yet.
      await behind.settle('closed');
      const within = 'WHERE key >= ?1 AND key < ?2';
      const sql = `SELECT key, body FROM live_sessions ${within} UNION ALL SELECT key, body FROM cdrs ${within} ORDER BY key DESC LIMIT 1`;
      const [row] = await query(sql, keyPrefix, `${keyPrefix}\u{10ffff}`);
      return row && sessionOfText(String(row['body']));
    },
    async cdrs(asked) {
      await behind.settle('closed');
      const networks = asked.where.filter((condition) => condition.column === 'network');
      const many = await Promise.all(networks.map(manyQuery).map(({ sql, values }) => query(sql, ...values)));
      const isMany = many.length > 0 && many.every((rows) => rows.length > 0);
      const { sql, values } = cdrsQuery(asked, isMany);
      return (await query(sql, ...values)).map((row) => sessionOfText(String(row['body'])));
    },
    trouble() {
      const ofCommits = commits.healthy() ? '' : 'the last write failed; nothing is acknowledged until one succeeds';
      return [ofCommits, behind.trouble()].filter((each) => each !== '').join('; ');
    },
    async close() {
      await behind.close();
      await commits.close();
      await Promise.all([query.close(), scan.close()]);
    },
  };
}

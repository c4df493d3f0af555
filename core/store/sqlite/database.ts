// Opens the database file the way that makes a commit mean: on disk.
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { OssiaError } from '../../errors.ts';
import { startKey } from '../../model/network.ts';
import { keyOf } from './account-rows.ts';

const migrations = new URL('./migrations/', import.meta.url);

/** SQLite's words for a file that it cannot open say what is wrong, not what to do. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/not a database/, 'move ossia.db away, or put a backup in its place'],
  [/disk I\/O|full/, 'see that the disk works and has room'],
  [/unable to open|readonly/, 'see that this user may write in that folder'],
];

export function remedyFor(problem: string): string {
  return remedies.find(([words]) => words.test(problem))?.[1] ?? 'see that the folder is on a disk that works';
}

/** `scan`: reads in passes over all of it, and keeps none of that in memory. */
export function openDatabase(file: string, mode: 'write' | 'read' | 'scan'): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: mode !== 'write', timeout: 5000 });
  if (mode === 'write') {
    // FULL syncs the log at every commit; WAL lets readers go on meanwhile.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000;');
    migrate(database, file);
  }
  const [cacheKb, mapped] = mode === 'scan' ? [8192, 0] : [65_536, 268_435_456];
  database.exec(`PRAGMA cache_size = -${cacheKb}; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = ${mapped};`);
  return database;
}

/**
 * Holds the folder for this process: two daemons on one folder would run every job twice. The lock is the kernel's, by way of
 * SQLite, so it is gone with the process however that ends.
 */
export function lockFolder(file: string): DatabaseSync {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (!(cause instanceof Error && /locked/.test(cause.message))) throw cause;
    throw new OssiaError('store_failed', 'another daemon uses this folder; stop that one, or set another `data`', {
      cause,
    });
  }
  return lock;
}

function migrate(database: DatabaseSync, file: string): void {
  database.function('address_key', { deterministic: true }, (text) => startKey(String(text)));
  const names = readdirSync(migrations)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version'] ?? 0);
  if (version > names.length)
    throw new OssiaError(
      'store_failed',
      `${file} was written by a newer Ossia (schema ${version}, this one knows ${names.length}); start that one.`,
    );
  // For what SQL cannot say of rows that were there before.
  database.function('nas_key_of', { deterministic: true }, (ip, id) =>
    keyOf({ nas_ip: String(ip), nas_id: String(id) }),
  );
  for (const [index, name] of names.entries()) {
    if (index < version) continue;
    database.exec(
      `BEGIN IMMEDIATE; ${readFileSync(new URL(name, migrations), 'utf8')}; PRAGMA user_version = ${index + 1}; COMMIT`,
    );
  }
}

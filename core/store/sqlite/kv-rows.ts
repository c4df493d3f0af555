// What plugins keep: the statements that change it, and the questions about it.
import { type KvEntry, type KvUse, kvLimits } from '../../model/kv.ts';
import type { Change, Store } from '../store.ts';
import type { Query } from './query.ts';
import type { Step } from './statements.ts';

type KvChange = Extract<Change, { type: 'kv-set' | 'kv-delete' | 'kv-keep' }>;
type KvReads = Pick<Store, 'kvValue' | 'kvEntries' | 'kvUses'>;

/** Greater than every key that begins with the prefix. */
const beyond = (prefix: string): string => `${prefix}\u{10ffff}`;

export function encodeKv(change: KvChange): Step[] {
  const { nas, plugin } = change.scope;
  if (change.type === 'kv-keep') return [{ run: 'keepKv', values: [nas, plugin, change.at] }];
  if (change.type === 'kv-delete') {
    const { which } = change;
    if ('key' in which) return [{ run: 'deleteKv', values: [nas, plugin, which.key] }];
    return [{ run: 'deleteKvWithin', values: [nas, plugin, which.prefix, beyond(which.prefix)] }];
  }
  const { key, text, expiresAt, at } = change;
  const { keys, bytes } = kvLimits;
  return [
    { run: 'openKv', values: [nas, plugin, at] },
    { run: 'deleteKvExpired', values: [nas, plugin, at] },
    {
      run: 'setKv',
      values: [nas, plugin, key, text, Buffer.byteLength(text), at, expiresAt, bytes, keys],
      otherwise: { tell: { conflict: key } },
    },
  ];
}

export function kvReads({ query }: { readonly query: Query }): KvReads {
  const one = 'nas = ?1 AND plugin = ?2';
  const alive = (now: string): string => `(expires_at IS NULL OR expires_at > ${now})`;
  return {
    async kvValue({ nas, plugin }, key, now) {
      const sql = `SELECT value FROM kv WHERE ${one} AND key = ?3 AND ${alive('?4')}`;
      const [row] = await query(sql, nas, plugin, key, now);
      return row && String(row['value']);
    },
    async kvEntries({ nas, plugin }, { prefix, after, limit, now }) {
      const within = 'key >= ?3 AND key < ?4 AND key > ?5';
      const columns = 'key, bytes, updated_at, expires_at';
      const sql = `SELECT ${columns} FROM kv WHERE ${one} AND ${within} AND ${alive('?7')} ORDER BY key LIMIT ?6`;
      const rows = await query(sql, nas, plugin, prefix, beyond(prefix), after, limit, now);
      return rows.map(
        (row): KvEntry => ({
          key: String(row['key']),
          bytes: Number(row['bytes']),
          updatedAt: Number(row['updated_at']),
          expiresAt: row['expires_at'] === null ? null : Number(row['expires_at']),
        }),
      );
    },
    async kvUses() {
      const rows = await query('SELECT * FROM kv_scopes WHERE keys > 0 ORDER BY nas, plugin');
      return rows.map(
        (row): KvUse => ({
          nas: String(row['nas']),
          plugin: String(row['plugin']),
          keys: Number(row['keys']),
          bytes: Number(row['bytes']),
          usedAt: Number(row['used_at']),
        }),
      );
    },
  };
}

// Questions about accounts: by what the billing calls them, one by one, and page by page over a million.
import type { Account } from '../../model/account.ts';
import type { KnownAccount, Store } from '../store.ts';
import { addressOf, knownOf, marksOf, recordOf } from './account-rows.ts';
import type { Query } from './query.ts';
import { accountOf } from './rows.ts';

type AccountReads = Pick<
  Store,
  'account' | 'accountByLogin' | 'accounts' | 'accountsByAddress' | 'record' | 'records' | 'recordPage' | 'applied'
>;

/** A login or an address goes from one account to another: who has it now is there, and was told last. */
const newest = 'ORDER BY gone_at <> 0, updated_at DESC';

const page = `SELECT a.*, p.marks FROM accounts a LEFT JOIN applied p ON p.user_id = a.user_id AND p.nas_key = a.nas_key`;

/** `scan` is for what reads much: it must not keep a short question waiting. */
export function accountReads({ query, scan }: { readonly query: Query; readonly scan: Query }): AccountReads {
  const one = async (sql: string, value: string): Promise<Account | undefined> => {
    const [row] = await query(sql, value);
    return row && accountOf(row['variables']);
  };
  return {
    account: (userId) => one('SELECT variables FROM accounts WHERE user_id = ?', userId),
    accountByLogin: (login) =>
      one(`SELECT variables FROM accounts WHERE login = ? AND login <> '' ${newest} LIMIT 1`, login),
    async accounts({ login = '*', realm, offset, limit }) {
      const escaped = (part: string): string => part.replace(/[%_\\]/g, '\\$&');
      const like = escaped(login).replaceAll('*', '%');
      const end = realm === undefined ? '%' : `%@${escaped(realm.name)}`;
      const asked = [like, end, realm?.orNone === true ? 1 : 0] as const;
      const where = `FROM accounts WHERE login LIKE ? ESCAPE '\\' AND (login LIKE ? ESCAPE '\\' OR ? AND instr(login, '@') = 0)`;
      const rows = await query(`SELECT variables ${where} ORDER BY user_id LIMIT ? OFFSET ?`, ...asked, limit, offset);
      const [counted] = await query(`SELECT count(*) AS total ${where}`, ...asked);
      return { accounts: rows.map((row) => accountOf(row['variables'])), total: Number(counted?.['total']) };
    },
    async accountsByAddress(ip) {
      const rows = await query(
        `SELECT variables FROM accounts WHERE ip = ? AND ip <> '' ${newest} LIMIT 20`,
        addressOf(ip),
      );
      return rows.map((row) => accountOf(row['variables']));
    },
    async record(userId) {
      const [row] = await query('SELECT * FROM accounts WHERE user_id = ?', userId);
      return row && recordOf(row);
    },
    async records(userIds) {
      const sql = 'SELECT * FROM accounts WHERE user_id IN (SELECT value FROM json_each(?))';
      const rows = await query(sql, JSON.stringify(userIds));
      return new Map(rows.map((row) => [String(row['user_id']), recordOf(row)]));
    },
    async recordPage({ nasKeys, login, ip, after = '', limit }) {
      const exact = Object.entries({ login, ip: ip && addressOf(ip) }).flatMap(([column, value]) =>
        value === undefined ? [] : [[column, value]],
      );
      const rowsWhere = async (equal: readonly (readonly string[])[]): Promise<KnownAccount[]> => {
        // The planner uses a partial index only when it sees its condition.
        const where = equal.map(([column]) => `a.${column} = ? AND a.${column} <> '' AND `).join('');
        const ask = exact.length === 0 ? scan : query;
        const sql = `${page} WHERE ${where}a.user_id > ? ORDER BY a.user_id LIMIT ?`;
        return (await ask(sql, ...equal.map(([, value = '']) => value), after, limit)).map(knownOf);
      };
      if (nasKeys === undefined) return rowsWhere(exact);
      // Key by key, each in the order of its index; together they would be sorted anew for every page.
      const lists = await Promise.all(nasKeys.map((nasKey) => rowsWhere([['nas_key', nasKey], ...exact])));
      return lists.length === 1 ? lists.flat() : lists.flat().sort(byUserId).slice(0, limit);
    },
    async applied(userId) {
      const rows = await query('SELECT nas_key, marks FROM applied WHERE user_id = ?', userId);
      return new Map(rows.map((row) => [String(row['nas_key']), marksOf(row)]));
    },
  };
}

/** As SQLite orders texts: by the bytes of UTF-8. */
function byUserId(left: KnownAccount, right: KnownAccount): number {
  return Buffer.compare(Buffer.from(left.userId), Buffer.from(right.userId));
}

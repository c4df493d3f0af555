// Another subscriber on the same box: every variable that says who he is differs, the rest is the same.
import type { PluginCase } from '../cases.ts';

type Account = PluginCase['account'];

/** Variables that say whose account it is. */
const identifying = ['user_id', 'abonent_id', 'login', 'ip', 'mac', 'acct_session_id', 'opt82', 'switch_port'];

export function neighbourOf(account: Account): Account {
  const entries = Object.entries(account).map(([name, value]) => [
    name,
    identifying.includes(name) ? otherValue(name, value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** As good a value as this one, of somebody else. */
export function otherValue(name: string, value: string): string {
  if (value === '') return '';
  if (name === 'mac') return value.replace(/[0-9a-f](?=[^0-9a-f]*$)/i, (digit) => (digit === '1' ? '2' : '1'));
  const [, net = '', last = '', rest = ''] = /^((?:\d{1,3}\.){3})(\d{1,3})((?:\/\d+)?)$/.exec(value) ?? [];
  if (net !== '' && rest !== '')
    return value.replace(/^(\d+\.\d+\.)(\d+)/, (_all, head, third) => head + (Number(third) ^ 1));
  if (net !== '') return `${net}${Number(last) ^ 1}`;
  if (name === 'ip' && value.includes(':'))
    return value.replace(/[0-9a-f](?=[^0-9a-f]*(?:\/\d+)?$)/i, (d) => (d === '1' ? '2' : '1'));
  return /^\d+$/.test(value) ? `${value}0` : `${value}2`;
}

// Runs one API sentence on the tables and says what the router answers, sentence by sentence.
import { propertiesOf } from '#core/simulator/routeros-server.ts';
import { menus, type Row } from './menus.ts';
import { Refusal, type Tables } from './tables.ts';

/** The sentences of the answer, without tag; the last is `!done`. */
export function runCommand(tables: Tables, words: readonly string[]): string[][] {
  try {
    return run(tables, words);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [['!trap', `=category=${error.category}`, `=message=${error.message}`], ['!done']];
  }
}

function run(tables: Tables, words: readonly string[]): string[][] {
  const [path = '', ...rest] = words;
  const properties = propertiesOf(rest);
  if (path === '/ping') return ping(tables, properties);
  const menu = path.slice(0, path.lastIndexOf('/'));
  if (!Object.hasOwn(menus, menu)) throw new Refusal('no such command or directory', 0);
  switch (path.slice(menu.length + 1)) {
    case 'print':
    case 'getall':
      return print(tables, menu, properties, rest);
    case 'add':
      return [['!done', `=ret=${tables.add(menu, properties)}`]];
    case 'set':
      tables.set(menu, properties);
      return [['!done']];
    case 'remove':
      tables.remove(menu, properties);
      return [['!done']];
    default:
      throw new Refusal('no such command', 0);
  }
}

function print(tables: Tables, menu: string, properties: Row, words: readonly string[]): string[][] {
  const wanted = properties['.proplist']?.split(',').filter((name) => name !== '');
  const queries = words.filter((word) => word.startsWith('?'));
  const rows = tables.rows(menu).filter((row) => matches(row, queries));
  const { hidden = [] } = menus[menu] ?? {};
  const sentences = rows.map((row) => {
    const names = wanted === undefined ? Object.keys(row) : wanted.filter((name) => Object.hasOwn(row, name));
    const shown = names.filter((name) => !hidden.includes(name));
    return ['!re', ...shown.map((name) => `=${name}=${row[name]}`)];
  });
  // RouterOS 7.18 and later say so when there is nothing.
  return [...(sentences.length === 0 ? [['!empty']] : sentences), ['!done']];
}

/** Query words work on a stack; what is left on it must all be true. */
function matches(row: Row, queries: readonly string[]): boolean {
  const stack: boolean[] = [];
  for (const query of queries) {
    const [, operations] = /^\?#([|&!]+)$/.exec(query) ?? [];
    if (operations === undefined) stack.push(test(row, query.slice(1)));
    else for (const operation of operations) apply(stack, operation);
  }
  return stack.every(Boolean);
}

function test(row: Row, query: string): boolean {
  if (query.startsWith('-') && !query.includes('=')) return !Object.hasOwn(row, query.slice(1));
  const text = query.startsWith('=') ? query.slice(1) : query;
  const equals = text.indexOf('=');
  if (equals === -1) return Object.hasOwn(row, text);
  return row[text.slice(0, equals)] === text.slice(equals + 1);
}

function apply(stack: boolean[], operation: string): void {
  const last = stack.pop() ?? false;
  if (operation === '!') stack.push(!last);
  else if (operation === '|') stack.push((stack.pop() ?? false) || last);
  else stack.push((stack.pop() ?? false) && last);
}

/** Who is in the ARP table or has a session answers. */
function ping(tables: Tables, { address = '', count = '' }: Row): string[][] {
  if (!/^\d+(\.\d+){3}$/.test(address)) throw new Refusal('invalid value for argument address', 1);
  const isThere = ['/ip/arp', '/ppp/active', '/ip/hotspot/active'].some((menu) =>
    tables.rows(menu).some((row) => row['address'] === address),
  );
  const sent = Math.min(Number(count) || 4, 100);
  const replies = Array.from({ length: sent }, (_, seq) => {
    const received = isThere ? seq + 1 : 0;
    const totals = [`=sent=${seq + 1}`, `=received=${received}`, `=packet-loss=${isThere ? 0 : 100}`];
    const reply = isThere ? ['=size=56', '=ttl=64', '=time=412us'] : ['=status=timeout'];
    return ['!re', `=seq=${seq}`, `=host=${address}`, ...reply, ...totals];
  });
  return [...replies, ['!done']];
}

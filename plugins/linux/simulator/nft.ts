// nft of the simulated router: scripts that are all or nothing, and what it prints of tables and elements.
import { parseAddress } from '../address.ts';
import type { Router, SetOrMap, Table } from './router.ts';
import type { Program, ShellResult } from './shell.ts';

const done = (stdout = ''): ShellResult => ({ exitCode: 0, stdout, stderr: '' });
const failed = (words: string): ShellResult => ({ exitCode: 1, stdout: '', stderr: `${words}\n` });
const missing = 'Error: Could not process rule: No such file or directory';

export const nft: Program = (router, words, stdin) => {
  const line = words.join(' ');
  if (line === '--version') return done('nftables v1.0.6 (simulated)\n');
  if (line === '-f -') return runScript(router, stdin);
  if (/^(add|delete) element /.test(line)) return runScript(router, line);
  if (line === '-j list tables') return done(json([...router.tables.keys()].map((name) => ({ table: named(name) }))));
  const list = /^list (set|map) (\w+ \w+) (\w+)$/.exec(line);
  if (list) return printSet(router, list.slice(1) as [string, string, string]);
  const get = /^get element (\w+ \w+) (\w+) \{ (\S+) \}$/.exec(line);
  if (get) return printElement(router, get.slice(1) as [string, string, string]);
  return failed(`Error: syntax error, unexpected ${words[0] ?? 'newline'}`);
};

function printElement(router: Router, [tableName, setName, key]: [string, string, string]): ShellResult {
  const set = router.tables.get(tableName)?.sets.get(setName);
  const element = set?.elements.get(key);
  if (!set || !element) return failed(missing);
  const shown = shownElement(key, element);
  return done(
    `table ${tableName} {\n\t${set.kind} ${setName} {\n\t\ttype ${set.type}\n\t\telements = { ${shown} }\n\t}\n}\n`,
  );
}

function shownElement(key: string, { data, comment }: { readonly data?: string; readonly comment?: string }): string {
  return key + (data === undefined ? '' : ` : ${data}`) + (comment === undefined ? '' : ` comment "${comment}"`);
}

/** Two elements to a line, as the real one does. */
function printSet(router: Router, [kind, tableName, name]: [string, string, string]): ShellResult {
  const set = router.tables.get(tableName)?.sets.get(name);
  if (set?.kind !== kind) return failed(missing);
  const shown = [...set.elements].map(([key, element]) => shownElement(key, element));
  const lines = shown.flatMap((text, at) => (at % 2 === 0 ? [[text, ...shown.slice(at + 1, at + 2)].join(', ')] : []));
  const elements = lines.length === 0 ? '' : `\t\telements = { ${lines.join(`,\n\t\t\t     `)} }\n`;
  return done(`table ${tableName} {\n\t${kind} ${name} {\n\t\ttype ${set.type}\n${elements}\t}\n}\n`);
}

function runScript(router: Router, script: string): ShellResult {
  const before = structuredClone(router.tables);
  for (const [index, statement] of script.split('\n').entries()) {
    const problem = statement.trim() === '' ? '' : run(router, statement);
    if (problem === '') continue;
    router.tables = before;
    return failed(`/dev/stdin:${index + 1}:1-${statement.length}: ${problem}\n${statement}`);
  }
  return done();
}

/** Empty when it went well, else nft's words. */
function run(router: Router, statement: string): string {
  const [, verb = '', what = '', tableName = '', rest = ''] =
    /^(add|delete|flush) (table|set|map|chain|rule|element) (inet \w+) ?(.*)$/.exec(statement) ?? [];
  if (verb === '') return `Error: syntax error in ${JSON.stringify(statement.slice(0, 40))}`;
  if (verb === 'add' && what === 'table') {
    if (!router.tables.has(tableName)) router.tables.set(tableName, { sets: new Map(), chains: new Map() });
    return '';
  }
  const table = router.tables.get(tableName);
  if (!table) return missing;
  const [, name = '', body = ''] = /^(\w+) ?(.*)$/.exec(rest) ?? [];
  switch (`${verb} ${what}`) {
    case 'add set':
    case 'add map':
      return addSet(table, { name, kind: what as 'set' | 'map', type: /type ([^;]+);/.exec(body)?.[1] ?? '' });
    case 'add chain':
      if (!table.chains.has(name)) table.chains.set(name, []);
      return '';
    case 'add rule':
      return addRule(table, name, body);
    case 'flush chain':
      return table.chains.has(name) ? table.chains.set(name, []) && '' : missing;
    case 'flush set':
      table.sets.get(name)?.elements.clear();
      return table.sets.has(name) ? '' : missing;
    case 'add element':
    case 'delete element':
      return changeElements(router, { table, name, body, isAdd: verb === 'add' });
    default:
      return `Error: syntax error, unexpected ${what}`;
  }
}

function addSet(table: Table, { name, kind, type }: { name: string; kind: 'set' | 'map'; type: string }): string {
  if (!table.sets.has(name)) table.sets.set(name, { kind, type, elements: new Map() });
  return '';
}

/** A rule may name only sets and chains that are there. */
function addRule(table: Table, chain: string, rule: string): string {
  const sets = [...rule.matchAll(/@(\w+)/g)].every(([, name = '']) => table.sets.has(name));
  const target = /(?:jump|goto) (\w+)$/.exec(rule)?.[1];
  if (!sets || !table.chains.has(chain) || (target !== undefined && !table.chains.has(target))) return missing;
  table.chains.get(chain)?.push(rule);
  return '';
}

interface ElementChange {
  readonly table: Table;
  readonly name: string;
  readonly body: string;
  readonly isAdd: boolean;
}

function changeElements(router: Router, { table, name, body, isAdd }: ElementChange): string {
  const set = table.sets.get(name);
  const inner = /^\{ (.*) \}$/.exec(body)?.[1];
  if (!set) return missing;
  if (inner === undefined) return 'Error: syntax error, unexpected newline';
  for (const text of inner.split(', ')) {
    const [, key = '', data, comment] = /^(\S+(?: \. \S+)?)(?: : (\S+))?(?: comment "([^"]*)")?$/.exec(text) ?? [];
    if (!isOfType(set, key) || (data?.includes('.') && parseAddress(data)?.family !== 4))
      return `Error: Could not resolve hostname: ${text.slice(0, 40)}`;
    const problem = isAdd ? addElement(set, { key, data, comment }) : deleteElement(router, { set, key, name });
    if (problem !== '') return problem;
  }
  return '';
}

interface Element {
  readonly key: string;
  readonly data: string | undefined;
  readonly comment: string | undefined;
}

/** What is there stays as it is, comment and all; a map's element with other data is in the way. */
function addElement(set: SetOrMap, { key, data, comment }: Element): string {
  const there = set.elements.get(key);
  if (there) return there.data === data ? '' : 'Error: Could not process rule: File exists';
  set.elements.set(key, { ...(data === undefined ? {} : { data }), ...(comment === undefined ? {} : { comment }) });
  return '';
}

function deleteElement(router: Router, { set, key, name }: { set: SetOrMap; key: string; name: string }): string {
  if (name === 'version' && router.isVersionOpen) {
    router.isVersionOpen = false;
    return '';
  }
  return set.elements.delete(key) ? '' : missing;
}

function isOfType({ type }: SetOrMap, key: string): boolean {
  const host = parseAddress(key.split(/[/ ]/)[0] ?? '');
  if (type.startsWith('ipv4_addr')) return host?.family === 4;
  if (type.startsWith('ipv6_addr')) return host?.family === 6;
  return /^0x[0-9a-f]{8}$/.test(key);
}

function named(table: string) {
  const [family, name] = table.split(' ');
  return { family, name };
}

function json(objects: readonly object[]): string {
  return `${JSON.stringify({ nftables: [{ metainfo: { json_schema_version: 1 } }, ...objects] })}\n`;
}

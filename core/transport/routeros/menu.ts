// A RouterOS menu as a table that can be read, and brought to hold a row or not to hold it, however often it is asked.
import { OssiaError } from '../../errors.ts';

export type Row = Readonly<Record<string, string>>;

/** One command on the box; for print, `where` goes as query words. */
export interface Commands {
  print(menu: string, where: Row, proplist: readonly string[]): Promise<readonly Row[]>;
  run(path: string, properties: Row): Promise<readonly Row[]>;
}

export interface Reading {
  readonly menu: string;
  readonly where: Row;
  /** Only these properties when there are some. */
  readonly proplist: readonly string[];
}

export async function readRows(commands: Commands, reading: Reading): Promise<Row[]> {
  return keptRows(await commands.print(reading.menu, reading.where, askedOf(reading)), reading);
}

/** The properties to ask the box for: those that are compared too. */
export function askedOf({ where, proplist }: Reading): string[] {
  return proplist.length === 0 ? [] : [...new Set([...proplist, ...Object.keys(where)])];
}

/** Rows that equal `where` in everything, also when the box ignored the query. */
export function keptRows(rows: readonly Row[], { where, proplist }: Reading): Row[] {
  const equal = rows.filter((row) => isEqualIn(where, row));
  if (proplist.length === 0) return equal;
  const wanted = new Set(proplist);
  return equal.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => wanted.has(name))));
}

export async function ensureRow(
  commands: Commands,
  { menu, key, properties }: { menu: string; key: Row; properties: Row },
): Promise<'unchanged' | 'added' | 'changed'> {
  const proplist = [...new Set(['.id', 'dynamic', ...Object.keys(key), ...Object.keys(properties)])];
  for (let refusals = 0; ; refusals++) {
    const rows = await readRows(commands, { menu, where: key, proplist });
    // What RADIUS or a script put there for a time goes away by itself: it is no row of ours to change.
    const ours = rows.filter((row) => row['dynamic'] !== 'true');
    const isThereForNow = ours.length < rows.length;
    try {
      return await bringTo({ commands, menu, key, properties, rows: ours });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (refusals > 0) {
        if (ours.length === 0 && isThereForNow) return 'unchanged';
        throw error;
      }
      // Somebody else may have added or removed it between our reading and our writing: what is there now decides.
    }
  }
}

interface Step {
  readonly commands: Commands;
  readonly menu: string;
  readonly key: Row;
  readonly properties: Row;
  readonly rows: readonly Row[];
}

async function bringTo({ commands, menu, key, properties, rows }: Step): Promise<'unchanged' | 'added' | 'changed'> {
  const kept = rows.find((row) => isEqualIn(properties, row)) ?? rows[0];
  if (kept === undefined) {
    await commands.run(`${menu}/add`, { ...key, ...properties });
    return 'added';
  }
  const differing = Object.entries(properties).filter(([name, value]) => !isSame(value, kept[name] ?? ''));
  if (differing.length > 0) {
    await commands.run(`${menu}/set`, { '.id': idOf(kept), ...Object.fromEntries(differing) });
  }
  const doubles = rows.filter((row) => row !== kept);
  for (const double of doubles) await commands.run(`${menu}/remove`, { '.id': idOf(double) });
  return differing.length + doubles.length > 0 ? 'changed' : 'unchanged';
}

export async function removeRows(commands: Commands, { menu, where }: { menu: string; where: Row }): Promise<number> {
  let removed = 0;
  let refused: { readonly id: string; readonly error: unknown } | null = null;
  for (;;) {
    const rows = await readRows(commands, { menu, where, proplist: ['.id'] });
    // Refused because it had gone meanwhile is as good as done; refused and still there is a refusal.
    if (refused !== null && rows.some((row) => idOf(row) === refused?.id)) throw refused.error;
    refused = null;
    for (const row of rows) {
      const id = idOf(row);
      try {
        await commands.run(`${menu}/remove`, { '.id': id });
        removed += 1;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refused = { id, error };
        break;
      }
    }
    if (refused === null) return removed;
  }
}

/** What one round of `removeRows` would remove. */
export async function plannedRemoval(
  commands: Commands,
  { menu, where }: { menu: string; where: Row },
): Promise<number> {
  const rows = await readRows(commands, { menu, where, proplist: ['.id'] });
  for (const row of rows) await commands.run(`${menu}/remove`, { '.id': idOf(row) });
  return rows.length;
}

function isRefusal(error: unknown): boolean {
  return error instanceof OssiaError && error.code === 'nas_refused';
}

function idOf(row: Row): string {
  const id = row['.id'];
  if (id === undefined) throw new OssiaError('nas_protocol', 'The router printed a row without its .id.');
  return id;
}

function isEqualIn(where: Row, row: Row): boolean {
  return Object.entries(where).every(([name, value]) => isSame(value, row[name] ?? ''));
}

/** RouterOS takes `yes` and prints `true`; a property that a row has not is the empty text. */
function isSame(wanted: string, printed: string): boolean {
  return wanted === printed || (wanted === 'yes' && printed === 'true') || (wanted === 'no' && printed === 'false');
}

// What the simulated router holds: rows by menu, changed by commands, refused with the words of a real one.
import { menus, type Row } from './menus.ts';

/** Rows by menu path, without ids and without what is at its default: what a test writes and compares. */
export type TablesState = Readonly<Record<string, readonly Row[]>>;

/** The box's no, as `!trap` carries it. */
export class Refusal extends Error {
  readonly category: number;

  constructor(message: string, category: number) {
    super(message);
    this.category = category;
  }
}

export interface Tables {
  rows(menu: string): readonly Row[];
  add(menu: string, properties: Row): string;
  set(menu: string, properties: Row): void;
  remove(menu: string, properties: Row): void;
  /** What the box itself writes into a row, also where no command can. */
  replace(menu: string, id: string, changes: Row): void;
  removeWhere(menu: string, isMeant: (row: Row) => boolean): number;
  state(): TablesState;
  /** Forgets everything, and begins with this. */
  reset(initial: TablesState): void;
}

export function createTables(initial: TablesState): Tables {
  const tables = new Map<string, Map<string, Row>>(Object.keys(menus).map((menu) => [menu, new Map()]));
  let lastId = 0;
  fill(initial);

  function fill(rowsByMenu: TablesState): void {
    for (const [menu, rows] of Object.entries(rowsByMenu)) for (const row of rows) insert(menu, row);
  }

  function tableOf(menu: string): Map<string, Row> {
    const table = tables.get(menu);
    if (table === undefined) throw new Refusal('no such command or directory', 0);
    return table;
  }

  function insert(menu: string, row: Row): string {
    lastId += 1;
    const id = `*${lastId.toString(16).toUpperCase()}`;
    tableOf(menu).set(id, { ...row });
    return id;
  }

  function checked(menu: string, properties: Row): Row {
    const { writable = [], canonical = {} } = menus[menu] ?? {};
    const entries = Object.entries(properties).map(([name, value]) => {
      if (!writable.includes(name)) throw new Refusal(`unknown parameter ${name}`, 0);
      const printed = canonical[name] === undefined ? value : canonical[name](value);
      if (printed === null) throw new Refusal(`invalid value for argument ${name}`, 1);
      return [name, printed];
    });
    return Object.fromEntries(entries);
  }

  function refuseDouble(menu: string, row: Row, ownId: string): void {
    const { unique = [], duplicate = '' } = menus[menu] ?? {};
    for (const [id, other] of unique.length > 0 ? tableOf(menu) : []) {
      if (id !== ownId && unique.every((name) => other[name] === row[name])) throw new Refusal(duplicate, 4);
    }
  }

  /** `.id` may name several, by commas; the first that is not there refuses the rest. */
  function meant(menu: string, properties: Row): string[] {
    const ids = (properties['.id'] ?? properties['numbers'] ?? '').split(',').filter((id) => id !== '');
    if (ids.length === 0) throw new Refusal('missing =.id=', 0);
    if (ids.some((id) => !tableOf(menu).has(id))) throw new Refusal('no such item', 0);
    return ids;
  }

  return {
    rows: (menu) => [...tableOf(menu)].map(([id, row]) => ({ '.id': id, ...(menus[menu]?.defaults ?? {}), ...row })),
    add(menu, properties) {
      const definition = menus[menu];
      tableOf(menu);
      if (definition === undefined || definition.writable.length === 0) throw new Refusal('no such command', 0);
      const row = checked(menu, properties);
      for (const name of definition.required) {
        if (!row[name]) throw new Refusal(`missing value(s) of argument(s) ${name}`, 0);
      }
      refuseDouble(menu, row, '');
      return insert(menu, row);
    },
    set(menu, { '.id': id = '', numbers = '', ...properties }) {
      const changes = checked(menu, properties);
      for (const one of meant(menu, { '.id': id || numbers })) {
        const row = { ...tableOf(menu).get(one), ...changes };
        if (row['dynamic'] === 'true') throw new Refusal('failure: cannot change dynamic item', 4);
        refuseDouble(menu, row, one);
        tableOf(menu).set(one, row);
      }
    },
    remove(menu, properties) {
      if (menus[menu]?.removable === false) throw new Refusal('no such command', 0);
      for (const id of meant(menu, properties)) tableOf(menu).delete(id);
    },
    replace(menu, id, changes) {
      const row = tableOf(menu).get(id);
      if (row !== undefined) tableOf(menu).set(id, { ...row, ...changes });
    },
    removeWhere(menu, isMeant) {
      const ids = [...tableOf(menu)].flatMap(([id, row]) => (isMeant(row) ? [id] : []));
      for (const id of ids) tableOf(menu).delete(id);
      return ids.length;
    },
    reset(begin) {
      for (const table of tables.values()) table.clear();
      fill(begin);
    },
    state: () =>
      Object.fromEntries([...tables].map(([menu, table]) => [menu, [...table.values()].map((row) => bare(menu, row))])),
  };
}

function bare(menu: string, row: Row): Row {
  const defaults = menus[menu]?.defaults ?? {};
  return Object.fromEntries(Object.entries(row).filter(([name, value]) => value !== (defaults[name] ?? '')));
}

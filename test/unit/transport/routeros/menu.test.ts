// Ensuring and removing rows on a table whose every answer the test decides: doubles, races, refusals, strange boxes.
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { type Commands, ensureRow, type Row, readRows, removeRows } from '#core/transport/routeros/menu.ts';

const menu = '/x';
const key = { list: 'blocked', address: '10.1.2.3' };

interface Table extends Commands {
  rows: Row[];
  readonly done: string[];
}

/** Ignores the query, as an old box or a bad imitation might; `meanwhile` runs in front of each change. */
function tableOf(rows: Row[], meanwhile: (path: string, table: Table) => void = () => undefined): Table {
  const table: Table = {
    rows,
    done: [],
    print: async () => table.rows,
    run: async (path, properties) => {
      meanwhile(path, table);
      table.done.push(path);
      const { '.id': id, ...changes } = properties;
      const at = table.rows.findIndex((row) => row['.id'] === id);
      if (path === '/x/add') table.rows.push({ '.id': `*${table.rows.length + 1}`, ...changes });
      else if (at === -1) throw refused('no such item');
      else if (path === '/x/set') table.rows[at] = { ...table.rows[at], ...changes };
      else table.rows.splice(at, 1);
      return [];
    },
  };
  return table;
}

const refused = (said: string) => new OssiaError('nas_refused', `The router refused: ${said}`, { said });
const once = (action: (table: Table) => void) => {
  let left = 1;
  return (_path: string, table: Table) => {
    if (left-- > 0) action(table);
  };
};

test('ensure adds a row that is not there', async () => {
  const table = tableOf([{ '.id': '*1', list: 'other', address: '10.1.2.3' }]);
  expect(await ensureRow(table, { menu, key, properties: { comment: 'x' } })).toBe('added');
  expect(table.rows[1]).toEqual({ '.id': '*2', ...key, comment: 'x' });
});

test('ensure changes only what differs', async () => {
  const table = tableOf([{ '.id': '*1', ...key, comment: 'old', disabled: 'false' }]);
  const properties = { comment: 'new', disabled: 'no' };
  expect(await ensureRow(table, { menu, key, properties })).toBe('changed');
  expect(table.rows).toEqual([{ '.id': '*1', ...key, comment: 'new', disabled: 'false' }]);
  expect(await ensureRow(table, { menu, key, properties })).toBe('unchanged');
  expect(table.done).toEqual(['/x/set']);
});

test('ensure takes a missing property for the empty text', async () => {
  const table = tableOf([{ '.id': '*1', ...key }]);
  expect(await ensureRow(table, { menu, key, properties: { comment: '' } })).toBe('unchanged');
});

test('ensure keeps the right one of doubles and removes the others', async () => {
  const table = tableOf([
    { '.id': '*1', ...key, comment: 'a' },
    { '.id': '*2', ...key, comment: 'b' },
    { '.id': '*3', ...key },
  ]);
  expect(await ensureRow(table, { menu, key, properties: { comment: 'b' } })).toBe('changed');
  expect(table.rows).toEqual([{ '.id': '*2', ...key, comment: 'b' }]);
});

test('ensure finds its row added by somebody else at the same moment', async () => {
  const table = tableOf(
    [],
    once((racing) => {
      racing.rows.push({ '.id': '*9', ...key, comment: 'x' });
      throw refused('failure: already have such entry');
    }),
  );
  expect(await ensureRow(table, { menu, key, properties: { comment: 'x' } })).toBe('unchanged');
  expect(table.rows).toHaveLength(1);
});

test('ensure adds its row when somebody else removed it at the same moment', async () => {
  const table = tableOf(
    [{ '.id': '*1', ...key, comment: 'a' }],
    once((racing) => {
      racing.rows.length = 0;
    }),
  );
  expect(await ensureRow(table, { menu, key, properties: { comment: 'x' } })).toBe('added');
  expect(table.rows).toEqual([{ '.id': '*1', ...key, comment: 'x' }]);
});

test('ensure leaves a dynamic row alone, and is content with it when no other can be added', async () => {
  const dynamic = { '.id': '*1', ...key, dynamic: 'true' };
  const free = tableOf([dynamic]);
  expect(await ensureRow(free, { menu, key, properties: { comment: 'x' } })).toBe('added');
  const taken = tableOf([dynamic], () => {
    throw refused('failure: already have such entry');
  });
  expect(await ensureRow(taken, { menu, key, properties: { comment: 'x' } })).toBe('unchanged');
  expect(taken.rows).toEqual([dynamic]);
});

test('ensure rejects with the refusal that stays', async () => {
  const table = tableOf([], () => {
    throw refused('not enough permissions (9)');
  });
  await expect(ensureRow(table, { menu, key, properties: {} })).rejects.toMatchObject({
    said: 'not enough permissions (9)',
  });
});

test('ensure does not try again when the box did not answer', async () => {
  let asked = 0;
  const table = tableOf([], () => {
    asked += 1;
    throw new OssiaError('nas_timeout', 'no answer');
  });
  await expect(ensureRow(table, { menu, key, properties: {} })).rejects.toMatchObject({ code: 'nas_timeout' });
  expect(asked).toBe(1);
});

test('ensureAbsent removes what equals the query, also on a box that ignores queries', async () => {
  const other = { '.id': '*2', list: 'other', address: '10.1.2.3' };
  const table = tableOf([{ '.id': '*1', ...key }, other, { '.id': '*3', ...key, comment: 'x' }]);
  expect(await removeRows(table, { menu, where: key })).toBe(2);
  expect(table.rows).toEqual([other]);
  expect(await removeRows(table, { menu, where: key })).toBe(0);
});

test('ensureAbsent goes on when a row has gone by itself', async () => {
  const table = tableOf(
    [
      { '.id': '*1', ...key },
      { '.id': '*2', ...key },
    ],
    once((racing) => racing.rows.shift()),
  );
  expect(await removeRows(table, { menu, where: key })).toBe(1);
  expect(table.rows).toEqual([]);
});

test('ensureAbsent rejects when the box keeps the row', async () => {
  const table = tableOf([{ '.id': '*1', ...key }], () => {
    throw refused('failure: cannot remove');
  });
  await expect(removeRows(table, { menu, where: key })).rejects.toMatchObject({ said: 'failure: cannot remove' });
});

test('print keeps to the properties that were asked for', async () => {
  const table = tableOf([{ '.id': '*1', ...key, comment: 'x' }]);
  expect(await readRows(table, { menu, where: { list: 'blocked' }, proplist: ['comment'] })).toEqual([
    { comment: 'x' },
  ]);
  expect(await readRows(table, { menu, where: { list: 'blocked' }, proplist: [] })).toEqual(table.rows);
  expect(await readRows(table, { menu, where: { comment: '' }, proplist: [] })).toEqual([]);
});

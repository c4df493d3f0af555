// One menu of the simulated box: rows with ids, and the commands that change them, refused in the words of a real one.
import { propertiesOf } from '#core/simulator/routeros-server.ts';

export type Row = Readonly<Record<string, string>>;

export interface Table {
  /** Without ids. */
  rows(): readonly Row[];
  /** `print`, `add`, `set` or `remove`. Returns the sentences of the answer. */
  run(command: string, words: readonly string[]): string[][];
}

export function createTable(initial: readonly Row[]): Table {
  const rows = new Map(initial.map((row, index): [string, Row] => [`*${index + 1}`, row]));
  let lastId = rows.size;

  return {
    rows: () => [...rows.values()],
    run(command, words) {
      const { '.id': id = '', ...properties } = propertiesOf(words);
      if (command === 'print') return print(words);
      if (command === 'add') {
        if (
          [...rows.values()].some(
            (row) => row['list'] === properties['list'] && row['address'] === properties['address'],
          )
        )
          return trap('failure: already have such entry');
        lastId += 1;
        rows.set(`*${lastId}`, properties);
        return [['!done', `=ret=*${lastId}`]];
      }
      if (!rows.has(id)) return trap('no such item');
      if (command === 'remove') rows.delete(id);
      else if (command === 'set') rows.set(id, { ...rows.get(id), ...properties });
      else return trap('no such command');
      return [['!done']];
    },
  };

  /** All queries must hold: `?name=value`. */
  function print(words: readonly string[]): string[][] {
    const wanted = Object.entries(
      propertiesOf(words.flatMap((word) => (word.startsWith('?') ? [`=${word.slice(1).replace(/^=/, '')}`] : []))),
    );
    const found = [...rows].filter(([, row]) => wanted.every(([name, value]) => row[name] === value));
    const sentences = found.map(([id, row]) => [
      '!re',
      ...Object.entries({ '.id': id, ...row }).map(([name, value]) => `=${name}=${value}`),
    ]);
    return [...sentences, ['!done']];
  }
}

function trap(message: string): string[][] {
  return [['!trap', `=message=${message}`], ['!done']];
}

// The tables of README.md and plugins/README.md that are made from the source, between their markers; `npm run generate` writes them.
import { readFile, writeFile } from 'node:fs/promises';
import { describeCatalogue } from '#core/map/catalogue.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { hooksByPlugins, pluginsByPeers } from '#test/support/verified-tables.ts';

const documents: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'README.md': { hooks: hookTable },
  'plugins/README.md': { 'hooks-by-plugins': hooksByPlugins, 'plugins-by-peers': pluginsByPeers },
};
const urlOf = (file: string): URL => new URL(`../../${file}`, import.meta.url);

function hookTable(): string {
  const rows = describeCatalogue(catalogue).map(
    ({ name, settles, summary }) => `| \`${name}\` | ${settles} | ${summary} |`,
  );
  return ['| hook | settles | when it comes, and what the box should do |', '|---|---|---|', ...rows].join('\n');
}

interface Document {
  readonly file: string;
  readonly now: string;
  readonly wanted: string;
}

/** Each as it is and as it should be. */
export function generated(): Promise<Document[]> {
  return Promise.all(
    Object.entries(documents).map(async ([file, tables]) => {
      const now = await readFile(urlOf(file), 'utf8');
      return { file, now, wanted: withTables({ file, text: now, tables }) };
    }),
  );
}

interface Filling {
  readonly file: string;
  readonly text: string;
  readonly tables: Readonly<Record<string, () => string>>;
}

function withTables({ file, text: given, tables }: Filling): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (after === undefined) throw new Error(`${file} has no ${begin} ... ${end}`);
    return `${before}${begin}\n${table()}\n${end}${after}`;
  }, given);
}

if (process.argv[1] === import.meta.filename)
  for (const { file, wanted } of await generated()) await writeFile(urlOf(file), wanted);

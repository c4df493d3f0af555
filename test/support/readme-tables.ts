// The tables of the README that are made from the source, between their markers; `npm run generate` writes them.
import { readFile, writeFile } from 'node:fs/promises';
import { describeCatalogue } from '#core/map/catalogue.ts';
import { catalogue } from '#test/support/catalogue.ts';

const readme = new URL('../../README.md', import.meta.url);

const tables: Readonly<Record<string, () => string>> = { hooks: hookTable };

function hookTable(): string {
  const rows = describeCatalogue(catalogue).map(
    ({ name, settles, summary }) => `| \`${name}\` | ${settles} | ${summary} |`,
  );
  return ['| hook | settles | when it comes, and what the box should do |', '|---|---|---|', ...rows].join('\n');
}

/** The README as it should be. */
export async function generated(): Promise<{ readonly now: string; readonly wanted: string }> {
  const now = await readFile(readme, 'utf8');
  const wanted = Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (after === undefined) throw new Error(`README.md has no ${begin} ... ${end}`);
    return `${before}${begin}\n${table()}\n${end}${after}`;
  }, now);
  return { now, wanted };
}

if (process.argv[1] === import.meta.filename) await writeFile(readme, (await generated()).wanted);

// `npm run bench -- NAME [--json] [--seconds N]`: runs one bench and prints what it measured; with --json one object and nothing else.
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { BenchDetails, BenchResult, BenchRun } from '#test/bench/result.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '10' } },
});
const here = new URL('./', import.meta.url);
const known = readdirSync(here)
  .filter((file) => /^[a-z]+\.ts$/.test(file) && file !== 'main.ts' && file !== 'result.ts')
  .map((file) => file.slice(0, -3));
const [name = ''] = positionals;
const seconds = Number(values.seconds);
if (!known.includes(name) || positionals.length !== 1 || !(seconds > 0 && seconds <= 600)) {
  process.stderr.write(`usage: npm run bench -- ${known.join('|')} [--json] [--seconds 1..600]\n`);
  process.exit(2);
}
const { run } = (await import(new URL(`${name}.ts`, here).href)) as { run(asked: BenchRun): Promise<BenchResult> };
const result = await run({ seconds, json: values.json });
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  const lines = [
    `${result.bench}: ours ${number(result.ours)} ${result.unit}, peer ${number(result.peer)} ${result.unit}, ratio ${number(result.ratio)}`,
    ...detailLines(result.details, '  '),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
process.exit(0);

function detailLines(details: BenchDetails, indent: string): string[] {
  return Object.entries(details).flatMap(([key, value]) => {
    if (typeof value === 'object') return [`${indent}${key}:`, ...detailLines(value, `${indent}  `)];
    return [`${indent}${key}: ${typeof value === 'number' ? number(value) : value}`];
  });
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}

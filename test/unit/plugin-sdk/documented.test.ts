// Every member that a plugin's author meets says what it is: exports, and each field and method of exported shapes.
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = new URL('../../../core/plugin-sdk/', import.meta.url).pathname;

/** `kind.ts:line name` for each that has no comment right above it. The formatter's indentation tells whose member a line is. */
function undocumented(file: string, text: string): string[] {
  const lines = text.split('\n');
  const missing: string[] = [];
  let owner = '';
  for (const [at, line] of lines.entries()) {
    const [, shape, named] =
      /^export (?:declare )?(?:async )?(interface|class|function|const|type) (\w+)/.exec(line) ?? [];
    if (named !== undefined) owner = shape === 'function' || (shape === 'type' && !line.endsWith('{')) ? '' : named;
    else if (/^[})]/.test(line)) owner = '';
    const [, member] =
      (owner === ''
        ? null
        : /^ {2}(?:readonly |static |async |\.\.\.)*(?:get |set )?([\w'[\].-]+)\??\s*[:(<=,]/.exec(line)) ?? [];
    const name = named ?? (member === undefined ? undefined : `${owner}.${member}`);
    if (name !== undefined && !documentedAbove(lines, at)) missing.push(`${file}:${at + 1} ${name}`);
  }
  return missing;
}

/** Overloads and decorations aside, the comment ends in the line before. */
function documentedAbove(lines: readonly string[], at: number): boolean {
  return lines[at - 1]?.trimEnd().endsWith('*/') ?? false;
}

test('every export of the SDK and every member of it is documented', async () => {
  const files = (await Array.fromAsync(glob('*.ts', { cwd: folder }))).sort();
  expect(files).toContain('device.ts');
  // Of the model the SDK hands one shape on.
  const all = [...files, '../model/account-kind.ts']
    .flatMap((file) => undocumented(file, readFileSync(join(folder, file), 'utf8')))
    .filter((one) => !one.endsWith(' isOfKind'));
  expect(all).toEqual([]);
});

test('one that lacks its comment is found, wherever it is', () => {
  const text = [
    '/** A shape. */',
    'export interface Shape {',
    '  /** Seconds. */',
    '  readonly uptime: number;',
    '  readonly bare?: string;',
    '  call(): void;',
    '  read<Value = unknown>(key: string): Value;',
    '}',
    'export type Bare = {',
    "  readonly 'x-y': string;",
    '};',
    'export function bare(one: string): void {',
    '  one.length;',
    '}',
    '/** Named. */',
    'export const base = {',
    '  encode(data: string): string {',
    '    return data;',
    '  },',
    '};',
    'interface Own {',
    '  readonly hidden: string;',
    '}',
  ].join('\n');
  expect(undocumented('a.ts', text)).toEqual([
    'a.ts:5 Shape.bare',
    'a.ts:6 Shape.call',
    'a.ts:7 Shape.read',
    'a.ts:9 Bare',
    "a.ts:10 Bare.'x-y'",
    'a.ts:12 bare',
    'a.ts:17 base.encode',
  ]);
});

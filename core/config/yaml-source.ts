// Reads YAML text into located values; what is wrong with it is said in our own words, since the parser's can quote the file.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { Located, LocatedEntry, Scalar } from './located.ts';
import { emptyMap } from './located.ts';
import { type Problem, problemAt } from './problems.ts';

const mostBytes = 1_000_000;
const mostNodes = 50_000;
const deepest = 32;

export interface YamlText {
  readonly file: string;
  readonly text: string;
  readonly code: 'config_invalid' | 'profile_invalid';
}

interface YamlResult {
  /** An empty file is an empty map. */
  readonly root: Located;
  readonly problems: readonly Problem[];
}

export function readYaml({ file, text, code }: YamlText): YamlResult {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const report = (at: number, problem: string) => {
    const { line, col } = lines.linePos(at);
    problems.push(problemAt({ place: { file, line: line || 1 }, path: [], code }, `${problem} (column ${col || 1})`));
  };
  if (text.length > mostBytes) {
    report(0, `the file is larger than ${mostBytes} characters`);
    return { root: emptyMap(file), problems };
  }
  const document = parseDocument(hideReferences(text), { lineCounter: lines, prettyErrors: false });
  for (const error of [...document.errors, ...document.warnings]) report(error.pos[0], meaningOf(error.code));
  if (problems.length > 0 || document.contents === null) return { root: emptyMap(file), problems };
  const root = walk({ document, lines, file, report });
  return { root: root ?? emptyMap(file), problems };
}

interface Walk {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly file: string;
  report(at: number, problem: string): void;
}

function walk({ document, lines, file, report }: Walk): Located | undefined {
  let nodes = 0;
  const placeOf = (at: number) => ({ file, line: lines.linePos(at).line || 1 });

  function visit(node: ParsedNode | null, fallback: number, depth: number): Located | undefined {
    const at = node?.range[0] ?? fallback;
    nodes += 1;
    if (nodes === mostNodes) report(at, 'the file has too many values');
    if (nodes >= mostNodes) return undefined;
    if (depth > deepest) return tooDeep(at);
    if (node === null) return { kind: 'scalar', place: placeOf(fallback), value: null, raw: '' };
    if (isAlias(node)) {
      const target = node.resolve(document) as ParsedNode | undefined;
      if (target) return visit(target, at, depth + 1);
      report(at, 'this alias has no anchor before it; put the value in quotes if it begins with a star');
      return undefined;
    }
    if (isScalar(node)) return scalar(node.value, node.source ?? '', at);
    if (isSeq(node)) {
      const items = node.items.map((item) => visit(item as ParsedNode, at, depth + 1));
      return { kind: 'list', place: placeOf(at), items: items.filter((item) => item !== undefined) };
    }
    return isMap(node) ? visitMap(node as Extract<ParsedNode, { items: unknown }>, at, depth) : undefined;
  }

  function visitMap(node: ParsedNode & { items: unknown[] }, at: number, depth: number): Located {
    const entries = new Map<string, LocatedEntry>();
    for (const pair of node.items as { key: ParsedNode | null; value: ParsedNode | null }[]) {
      const keyAt = pair.key?.range[0] ?? at;
      if (!isScalar(pair.key)) {
        report(keyAt, 'a key must be a plain word');
        continue;
      }
      const key = showReferences(String(pair.key.source ?? pair.key.value));
      if (key === '__proto__') report(keyAt, 'a key cannot have this name');
      else if (entries.has(key)) report(keyAt, meaningOf('DUPLICATE_KEY'));
      else {
        const value = visit(pair.value, keyAt, depth + 1);
        if (value) entries.set(key, { key: placeOf(keyAt), value });
      }
    }
    return { kind: 'map', place: placeOf(at), entries };
  }

  function scalar(value: unknown, raw: string, at: number): Located {
    const shown = showReferences(raw);
    if (typeof value === 'string')
      return { kind: 'scalar', place: placeOf(at), value: showReferences(value), raw: shown };
    const plain = typeof value === 'bigint' ? Number(value) : (value as Scalar);
    return { kind: 'scalar', place: placeOf(at), value: plain, raw: shown };
  }

  function tooDeep(at: number): undefined {
    report(at, `values are nested more than ${deepest} deep`);
  }

  return visit(document.contents as ParsedNode, 0, 0);
}

// `${env:NAME}` has the braces of a YAML flow map. Inside one, the parser would end the value there, so the reference goes
// through it with placeholders of the same length: lines and columns stay right.
const placeholders: Readonly<Record<string, string>> = { '{': '\uE000', '}': '\uE001', ',': '\uE002', '#': '\uE003' };

function hideReferences(text: string): string {
  return text.replaceAll(/\$\{[^{}\n]*\}/g, (reference) =>
    reference.replaceAll(/[{},#]/g, (mark) => placeholders[mark] ?? mark),
  );
}

function showReferences(text: string): string {
  return text.replaceAll(/\$\uE000[^\n]*?\uE001/g, (hidden) =>
    hidden.replaceAll(/[\uE000-\uE003]/g, (mark) => '{},#'[mark.charCodeAt(0) - 0xe000] ?? mark),
  );
}

function meaningOf(code: string): string {
  return meanings[code] ?? 'this is not valid YAML';
}

const meanings: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias is written *name',
  BAD_DQ_ESCAPE: 'this backslash escape is not known inside double quotes; use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above, or a bracket above is not closed',
  BAD_SCALAR_START: 'a text cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a value cannot hold "key: value" on the same line; put it in quotes or on its own lines',
  BLOCK_IN_FLOW: 'inside { } and [ ] only the one-line form is allowed',
  DUPLICATE_KEY: 'this key stands here twice; keep one',
  MISSING_CHAR: 'a closing quote, bracket, or a colon or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and be followed by a colon',
  MULTIPLE_DOCS: 'only one YAML document is allowed; remove the "---"',
  TAB_AS_INDENT: 'tabs cannot indent YAML; use spaces',
  TAG_RESOLVE_FAILED: 'tags are not known here; put the value in quotes if it begins with an exclamation mark',
  UNEXPECTED_TOKEN: 'this does not fit here; a bracket, quote or colon before it may be wrong',
};

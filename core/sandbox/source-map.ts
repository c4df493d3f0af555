// Gives a plugin's stack trace its author's lines: decodes the bundle's source map, drops the frames that are ours.

interface Segment {
  readonly column: number;
  readonly source: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly lines: readonly (readonly Segment[])[];
}

export interface MappedStack {
  /** The message and the frames, in the author's files. */
  readonly stack: string;
  /** The innermost place, `plugins/acme/plugin.ts:12:7`, or empty. */
  readonly top: string;
}

const pluginFrame = /^\s*at (?:(.*?) \()?file:\/\/\/plugin\.js:(\d+):(\d+)\)?$/;
const anyFrame = /^\s*at .*[:(<]/;
const sextets = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The newest few, since a failing plugin fails again. */
const decoded = new Map<string, SourceMap>();
const keptMaps = 8;

export function mapStack(stack: string, mapJson: string): MappedStack {
  if (stack === '') return { stack: '', top: '' };
  const kept: string[] = [];
  let top = '';
  for (const line of stack.split('\n').slice(0, 60)) {
    const frame = pluginFrame.exec(line);
    if (!frame) {
      if (!anyFrame.test(line)) kept.push(line);
      continue;
    }
    const place = placeOf(mapFor(mapJson), { line: Number(frame[2]), column: Number(frame[3]) });
    if (place === null) continue;
    if (top === '') top = place;
    kept.push(frame[1] ? `    at ${frame[1]} (${place})` : `    at ${place}`);
  }
  return { stack: kept.join('\n'), top };
}

function placeOf(map: SourceMap, at: { line: number; column: number }): string | null {
  const segments = map.lines[at.line - 1] ?? [];
  const segment = segments.findLast(({ column }) => column <= at.column - 1) ?? segments[0];
  const source = segment && map.sources[segment.source];
  return segment && source ? `${source}:${segment.sourceLine + 1}:${segment.sourceColumn + 1}` : null;
}

function mapFor(json: string): SourceMap {
  const known = decoded.get(json);
  if (known) return known;
  const map = decode(json);
  decoded.set(json, map);
  const [oldest] = decoded.keys();
  if (decoded.size > keptMaps && oldest !== undefined) decoded.delete(oldest);
  return map;
}

function decode(json: string): SourceMap {
  if (json === '') return { sources: [], lines: [] };
  const { sources, mappings } = JSON.parse(json) as { sources: string[]; mappings: string };
  let [source, sourceLine, sourceColumn] = [0, 0, 0];
  const lines = mappings.split(';').map((line) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const part of line === '' ? [] : line.split(',')) {
      const [columnStep = 0, sourceStep, lineStep = 0, sourceColumnStep = 0] = numbersOf(part);
      column += columnStep;
      if (sourceStep === undefined) continue;
      source += sourceStep;
      sourceLine += lineStep;
      sourceColumn += sourceColumnStep;
      segments.push({ column, source, sourceLine, sourceColumn });
    }
    return segments;
  });
  return { sources, lines };
}

/** Base64 VLQ: six bits a character, the top one says that more follow, the lowest of the whole is the sign. */
function numbersOf(part: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of part) {
    const bits = sextets.indexOf(character);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

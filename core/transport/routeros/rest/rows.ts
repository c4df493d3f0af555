// A REST answer as rows while it comes: a list of objects, or one, whose values are all texts; whatever else it is, is refused.
import { OssiaError } from '../../../errors.ts';
import type { Charset } from '../charset.ts';
import type { Row } from '../menu.ts';
import { maxSentenceBytes } from '../sentence.ts';

export interface RowReader {
  /** The rows that are complete with this chunk, and how large it was. Throws `nas_protocol`. */
  push(chunk: Buffer): { readonly rows: readonly Row[]; readonly bytes: number };
  /** Throws `nas_protocol` when the answer is not whole. */
  end(): void;
}

/** All that tells where a row ends is ASCII, and in every charset that a router's texts are kept in these bytes are nothing else. */
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [listBegin, listEnd, objectBegin, objectEnd] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What may come next outside of a row. */
type Place = 'begin' | 'row or end' | 'row' | 'comma or end' | 'over';

export function createRowReader(charset: Charset): RowReader {
  let place: Place = 'begin';
  let isList = false;
  /** The parts of a row that is not complete. */
  let parts: Buffer[] = [];
  let size = 0;
  let depth = 0;
  let isInText = false;
  let isEscaped = false;

  /** Where the row that runs through here ends, or -1. */
  function endOfRow(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (isInText) {
        if (byte === backslash) isEscaped = true;
        else if (byte === quote) isInText = false;
      } else if (byte === quote) isInText = true;
      else if (byte === objectBegin || byte === listBegin) depth += 1;
      else if (byte === objectEnd || byte === listEnd) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    return -1;
  }

  function keep(part: Buffer): void {
    size += part.length;
    if (size > maxSentenceBytes) throw wrong(`has a row of more than ${maxSentenceBytes} bytes`);
    parts.push(part);
  }

  function step(byte: number): void {
    if (byte === listBegin && place === 'begin') {
      isList = true;
      place = 'row or end';
    } else if (byte === comma && place === 'comma or end') place = 'row';
    else if (byte === listEnd && (place === 'row or end' || place === 'comma or end')) place = 'over';
    else throw wrong('is no list of rows');
  }

  return {
    push(chunk) {
      const rows: Row[] = [];
      for (let at = 0; at < chunk.length; ) {
        const byte = chunk[at] ?? 0;
        const isBegin = depth === 0 && byte === objectBegin && place !== 'comma or end' && place !== 'over';
        if (depth === 0 && !isBegin) {
          if (!isSpace(byte)) step(byte);
          at += 1;
          continue;
        }
        const end = endOfRow(chunk, at);
        keep(chunk.subarray(at, end === -1 ? undefined : end));
        if (end === -1) break;
        rows.push(rowOf(charset.decode(Buffer.concat(parts))));
        parts = [];
        size = 0;
        place = isList ? 'comma or end' : 'over';
        at = end;
      }
      return { rows, bytes: chunk.length };
    },
    end() {
      // What has nothing to say may say nothing.
      if (depth > 0 || (place !== 'over' && place !== 'begin')) throw wrong('ends in the middle');
    },
  };
}

function rowOf(text: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong('is no JSON', cause);
  }
  return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, textOf(one)]));
}

/** RouterOS writes every value as a text; numbers and truths are taken for what they would be as one. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return '';
  throw wrong('has a value that is no text');
}

function wrong(what: string, cause?: unknown): OssiaError {
  return new OssiaError('nas_protocol', `The router's answer ${what}.`, cause === undefined ? {} : { cause });
}

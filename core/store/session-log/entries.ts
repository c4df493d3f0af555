// What the session log holds: whole sessions, and between them only the numbers that an update changed.

import type { Session } from '../../model/session.ts';
import { sessionOfText, sessionText } from '../../model/session-body.ts';

export interface SessionWrite {
  readonly session: Session;
  /** Only times and counters differ from what was written of it before. */
  readonly onlyCounters?: boolean;
}

export type SessionEntry =
  | { readonly type: 'whole'; readonly session: Session }
  | { readonly type: 'counters'; readonly key: string; readonly counters: Counters };

export type Counters = Pick<
  Session,
  'updatedAt' | 'inputOctets' | 'outputOctets' | 'sessionTime' | 'inputBase' | 'outputBase'
>;

const kinds = { whole: 1, counters: 2 } as const;
const numbers = 6;

/** Bytes in the making; grows, and is used again. */
export interface EntryBuffer {
  bytes: Buffer;
  length: number;
}

export function writeEntry(into: EntryBuffer, { session, onlyCounters = false }: SessionWrite): void {
  const text = onlyCounters ? session.key : sessionText(session);
  // UTF-8 takes three bytes at most for one unit of a text.
  reserve(into, 5 + text.length * 3 + numbers * 8);
  const { bytes } = into;
  const head = into.length;
  const size = bytes.write(text, head + 5, 'utf8');
  bytes[head] = onlyCounters ? kinds.counters : kinds.whole;
  bytes.writeUInt32LE(size, head + 1);
  into.length = head + 5 + size;
  if (!onlyCounters) return;
  const { updatedAt, inputOctets, outputOctets, sessionTime, inputBase = 0, outputBase = 0 } = session;
  let at = into.length;
  at = bytes.writeDoubleLE(updatedAt, at);
  at = bytes.writeDoubleLE(inputOctets, at);
  at = bytes.writeDoubleLE(outputOctets, at);
  at = bytes.writeDoubleLE(sessionTime, at);
  at = bytes.writeDoubleLE(inputBase, at);
  into.length = bytes.writeDoubleLE(outputBase, at);
}

/** The checksum of the whole was right: entries are trusted. */
export function* readEntries(bytes: Buffer): Iterable<SessionEntry> {
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at];
    const end = at + 5 + bytes.readUInt32LE(at + 1);
    const text = bytes.toString('utf8', at + 5, end);
    at = end;
    if (kind === kinds.whole) {
      yield { type: 'whole', session: sessionOfText(text) };
      continue;
    }
    const counters = {
      updatedAt: bytes.readDoubleLE(at),
      inputOctets: bytes.readDoubleLE(at + 8),
      outputOctets: bytes.readDoubleLE(at + 16),
      sessionTime: bytes.readDoubleLE(at + 24),
      inputBase: bytes.readDoubleLE(at + 32),
      outputBase: bytes.readDoubleLE(at + 40),
    };
    at += numbers * 8;
    yield { type: 'counters', key: text, counters };
  }
}

export function reserve(into: EntryBuffer, more: number): void {
  const needed = into.length + more;
  if (needed <= into.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(needed, into.bytes.length * 2));
  into.bytes.copy(larger, 0, 0, into.length);
  into.bytes = larger;
}

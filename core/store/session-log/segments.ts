// The files of the session log: frames with length and checksum are appended, old files are dropped whole.
import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  write,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Length and checksum in front of each frame; the caller leaves room for them. */
export const frameHead = 8;

export interface Segments {
  /** Begins with `frameHead` bytes to be filled here. Calls back when it is on disk; one at a time. */
  append(frame: Buffer, done: (error: Error | null) => void): void;
  /** Bytes in the current file. */
  size(): number;
  /** Bytes in all files that were begun here and are not dropped. */
  kept(): number;
  /** Goes on in a new file; gives the number of the old one. */
  rotate(): number;
  /** Removes the files up to this number. */
  drop(upTo: number): void;
  close(): void;
}

const nameOf = (number: number): string => `${String(number).padStart(12, '0')}.log`;

/** Numbers of the files that are there, oldest first. */
function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{12}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}

/** Every whole frame that was ever acknowledged and not dropped, oldest first; what a crash tore is at an end of a file. */
export function* readFrames(directory: string): Iterable<Buffer> {
  for (const number of numbersIn(directory)) {
    const bytes = readFileSync(join(directory, nameOf(number)));
    for (let at = 0; at + frameHead <= bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      const body = bytes.subarray(at + frameHead, at + frameHead + length);
      if (length === 0 || body.length < length || crc32(body) !== bytes.readUInt32LE(at + 4)) break;
      yield body;
      at += frameHead + length;
    }
  }
}

export function openSegments(directory: string): Segments {
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  let current = (numbersIn(directory).at(-1) ?? 0) + 1;
  let file = openNew(directory, current);
  let size = 0;
  const older = new Map<number, number>();
  let olderBytes = 0;

  const rotate = (): number => {
    const next = openNew(directory, current + 1);
    closeSync(file);
    file = next;
    older.set(current, size);
    olderBytes += size;
    size = 0;
    return current++;
  };

  return {
    append(frame, done) {
      frame.writeUInt32LE(frame.length - frameHead, 0);
      frame.writeUInt32LE(crc32(frame.subarray(frameHead)), 4);
      writeAll({ file, frame, at: size }, (error) => {
        if (error === null) {
          size += frame.length;
          return done(null);
        }
        // What came of it is not known: no frame may stand behind half of another.
        try {
          rotate();
        } catch {
          // As full as before: the next one is written over what is torn.
        }
        done(error);
      });
    },
    size: () => size,
    kept: () => olderBytes + size,
    rotate,
    drop(upTo) {
      for (const number of numbersIn(directory)) {
        if (number > upTo || number === current) continue;
        rmSync(join(directory, nameOf(number)));
        olderBytes -= older.get(number) ?? 0;
        older.delete(number);
      }
    },
    close: () => closeSync(file),
  };
}

/** Each write is on disk when it returns: one call into the system instead of a write and a sync. */
function openNew(directory: string, number: number): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_DSYNC } = constants;
  const file = openSync(join(directory, nameOf(number)), O_WRONLY | O_CREAT | O_TRUNC | O_DSYNC, 0o640);
  // The name, too, must be there after a power cut.
  const folder = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return file;
}

interface Writing {
  readonly file: number;
  readonly frame: Buffer;
  readonly at: number;
}

function writeAll({ file, frame, at }: Writing, done: (error: Error | null) => void): void {
  write(file, frame, 0, frame.length, at, (error, written) => {
    if (error !== null) done(error);
    else if (written === frame.length) done(null);
    else writeAll({ file, frame: frame.subarray(written), at: at + written }, done);
  });
}

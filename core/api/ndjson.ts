// Lines out of a body that comes in pieces: a few pieces in memory at most, and no waiting for a sender that has fallen silent.
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { LoadLine } from '../accounts/accounts.ts';
import { OssiaError } from '../errors.ts';

export const ndjsonType = 'application/x-ndjson';

const mostBytes = 1_048_576;
const lineEnd = 0x0a;

interface Reading {
  /** How long the sender may be silent while it is listened to. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** The body is left as it is when reading ends early: whoever answers then still has its connection. */
export async function* linesOf(body: Readable, { idleMs, signal }: Reading): AsyncGenerator<LoadLine> {
  let parts: Buffer[] = [];
  let size = 0;
  let isFirst = true;
  for await (const piece of piecesOf(body, { idleMs, signal })) {
    const end = piece.lastIndexOf(lineEnd);
    if (end >= 0) {
      const tooLong = size > mostBytes;
      const from = tooLong ? piece.indexOf(lineEnd) + 1 : 0;
      if (tooLong) yield { broken: `is longer than ${mostBytes} bytes` };
      if (end >= from)
        for (const line of decoded(Buffer.concat([...parts, piece.subarray(from, end)]))) {
          yield isFirst && typeof line === 'string' ? line.replace(/^\uFEFF/, '') : line;
          isFirst = false;
        }
      parts = [];
      size = 0;
    }
    const rest = piece.subarray(end + 1);
    size += rest.length;
    // What is too long is counted and not kept.
    if (size > mostBytes) parts = [];
    else if (rest.length > 0) parts.push(rest);
  }
  if (size > mostBytes) yield { broken: `is longer than ${mostBytes} bytes` };
  else if (size > 0) yield* decoded(Buffer.concat(parts));
}

function decoded(block: Buffer): LoadLine[] {
  if (isUtf8(block)) return block.toString('utf8').split('\n');
  const lines: LoadLine[] = [];
  for (let from = 0; from <= block.length; ) {
    const at = block.indexOf(lineEnd, from);
    const line = block.subarray(from, at < 0 ? block.length : at);
    lines.push(isUtf8(line) ? line.toString('utf8') : { broken: 'is not UTF-8' });
    from = at < 0 ? block.length + 1 : at + 1;
  }
  return lines;
}

async function* piecesOf(body: Readable, { idleMs, signal }: Reading): AsyncGenerator<Buffer> {
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  for (;;) {
    const { promise: silent, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new OssiaError('aborted', `The sender was silent for ${idleMs / 1000} s.`)),
      idleMs,
    );
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop);
    let piece: IteratorResult<Buffer>;
    try {
      signal.throwIfAborted();
      piece = await Promise.race([pieces.next().catch(goneAway), silent]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    if (piece.done) return;
    yield piece.value;
  }
}

function goneAway(cause: unknown): never {
  throw new OssiaError('aborted', 'The sender went away.', { cause });
}

// Cuts a stream of bytes into lines of UTF-8 text; a line that is longer than allowed ends the stream.

export interface LineBuffer {
  /** The lines that this chunk completes, or null when one is too long. */
  push(chunk: Buffer): readonly string[] | null;
}

const newline = 10;

export function createLineBuffer(maxBytes: () => number): LineBuffer {
  let parts: Buffer[] = [];
  let held = 0;

  /** What is held is copied: the chunk may be filled again. */
  function pushPart(chunk: Buffer): readonly string[] | null {
    const last = chunk.lastIndexOf(newline);
    if (last === -1) {
      parts.push(Buffer.from(chunk));
      held += chunk.length;
      return held > maxBytes() ? null : [];
    }
    const head = chunk.subarray(0, last);
    const text = parts.length === 0 ? head.toString() : Buffer.concat([...parts, head]).toString();
    const tooLong = held > maxBytes();
    parts = last + 1 < chunk.length ? [Buffer.from(chunk.subarray(last + 1))] : [];
    held = chunk.length - last - 1;
    return tooLong ? null : text.split('\n');
  }

  return {
    push(chunk) {
      const last = chunk.length - 1;
      // Nearly always: whole lines, and nothing held from before.
      if (held === 0 && chunk[last] === newline) return chunk.toString('utf8', 0, last).split('\n');
      return pushPart(chunk);
    },
  };
}

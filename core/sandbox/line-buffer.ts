// Cuts a stream of bytes into lines of UTF-8 text; a line that is longer than allowed ends the stream.

export interface LineBuffer {
  /** The lines that this chunk completes, or null when one is too long. */
  push(chunk: Buffer): readonly string[] | null;
}

export function createLineBuffer(maxBytes: () => number): LineBuffer {
  let parts: Buffer[] = [];
  let held = 0;
  return {
    push(chunk) {
      const last = chunk.lastIndexOf(10);
      if (last === -1) {
        parts.push(chunk);
        held += chunk.length;
        return held > maxBytes() ? null : [];
      }
      const head = chunk.subarray(0, last);
      const text = parts.length === 0 ? head.toString() : Buffer.concat([...parts, head]).toString();
      const tooLong = held > maxBytes();
      parts = last + 1 < chunk.length ? [chunk.subarray(last + 1)] : [];
      held = chunk.length - last - 1;
      return tooLong ? null : text.split('\n');
    },
  };
}

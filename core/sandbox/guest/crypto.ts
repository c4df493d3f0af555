// crypto.getRandomValues and crypto.randomUUID: true randomness, of the system that the worker runs on.

/** Asks the worker itself, which answers at once: no host, no box. Empty when it cannot be answered. */
export type AskWorker = (what: 'random' | 'url.parse' | 'url.set' | 'web globals', text: string) => string;

/** What browsers give at one call. */
const mostBytes = 65_536;

const kinds = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
];

export function createCrypto(ask: AskWorker) {
  function fill(bytes: Uint8Array): void {
    const hex = ask('random', String(bytes.length));
    if (hex.length !== bytes.length * 2) throw new Error('There is no randomness now.');
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  }

  return {
    getRandomValues<View extends ArrayBufferView>(view: View): View {
      if (!kinds.some((kind) => view instanceof kind))
        throw new TypeError('getRandomValues fills an array of integers, a Uint8Array for one.');
      if (view.byteLength > mostBytes) throw new RangeError(`getRandomValues fills ${mostBytes} bytes at most.`);
      fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      return view;
    },

    randomUUID(): string {
      const bytes = new Uint8Array(16);
      fill(bytes);
      // Version 4, of the variant of RFC 9562.
      bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  };
}

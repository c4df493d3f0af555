// TextEncoder and TextDecoder, UTF-8 only, after the Encoding Standard: V8 alone has none.

const { fromCharCode } = String;
const replacement = 0xfffd;
const mark = 0xfeff;
/** Code units that become text at once: more arguments would not fit on the stack. */
const batch = 4096;

export class TextEncoder {
  get encoding(): 'utf-8' {
    return 'utf-8';
  }

  encode(input: unknown = ''): Uint8Array<ArrayBuffer> {
    const text = `${input}`;
    const bytes = new Uint8Array(utf8Length(text));
    write(text, bytes);
    return bytes;
  }

  encodeInto(input: unknown, into: Uint8Array): { read: number; written: number } {
    if (!(into instanceof Uint8Array)) throw new TypeError('encodeInto writes into a Uint8Array.');
    return write(`${input}`, into);
  }
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // Both halves of a pair are 4 bytes together, and a half alone becomes a replacement of 3.
    if (unit < 0x800 || isPair(text, at)) length += 1;
    else length += 2;
    if (isPair(text, at)) {
      length += 1;
      at += 1;
    }
  }
  return length;
}

function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** As many whole characters as there is room for. */
function write(text: string, into: Uint8Array): { read: number; written: number } {
  let written = 0;
  let read = 0;
  while (read < text.length) {
    const pair = isPair(text, read);
    const unit = text.charCodeAt(read);
    const point = pair ? (text.codePointAt(read) as number) : (unit & 0xf800) === 0xd800 ? replacement : unit;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + size > into.length) break;
    if (size === 1) into[written++] = point;
    else {
      into[written++] = (size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0) | (point >> (6 * (size - 1)));
      for (let left = size - 2; left >= 0; left -= 1) into[written++] = 0x80 | ((point >> (6 * left)) & 0x3f);
    }
    read += pair ? 2 : 1;
  }
  return { read, written };
}

const labels = ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'];

export class TextDecoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  #streaming = false;
  #beginning = true;
  #point = 0;
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  constructor(label: unknown = 'utf-8', options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean }) {
    if (!labels.includes(`${label}`.trim().toLowerCase()))
      throw new RangeError(`The encoding "${label}" is not there in the sandbox: only utf-8 is.`);
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding(): 'utf-8' {
    return 'utf-8';
  }

  get fatal(): boolean {
    return this.#fatal;
  }

  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string {
    if (!this.#streaming) this.#restart();
    this.#streaming = Boolean(options?.stream);
    const bytes = bytesOf(input);
    let text = '';
    let units: number[] = [];
    const say = (point: number): void => {
      const isMark = this.#beginning && point === mark && !this.#ignoreBOM;
      this.#beginning = false;
      if (isMark) return;
      if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
      else units.push(point);
      if (units.length < batch) return;
      text += fromCharCode(...units);
      units = [];
    };
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (this.#needed === 0 && byte < 0x80) say(byte);
      else if (this.#needed === 0) {
        if (!this.#begin(byte)) say(this.#wrong());
      } else if (byte < this.#lower || byte > this.#upper) {
        this.#expect(0, 0);
        say(this.#wrong());
        // It may begin the next character.
        at -= 1;
      } else {
        this.#expect(this.#needed - 1, (this.#point << 6) | (byte & 0x3f));
        if (this.#needed === 0) say(this.#point);
      }
    }
    if (!this.#streaming && this.#needed > 0) {
      this.#expect(0, 0);
      say(this.#wrong());
    }
    return text + fromCharCode(...units);
  }

  #restart(): void {
    this.#beginning = true;
    this.#expect(0, 0);
  }

  #expect(needed: number, point: number): void {
    this.#needed = needed;
    this.#point = point;
    this.#lower = 0x80;
    this.#upper = 0xbf;
  }

  /** False: no character begins so. The first byte says how the second may be: neither too long a form, nor a surrogate, nor too much. */
  #begin(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    if (byte < 0xe0) this.#expect(1, byte & 0x1f);
    else if (byte < 0xf0) this.#expect(2, byte & 0xf);
    else this.#expect(3, byte & 0x7);
    if (byte === 0xe0) this.#lower = 0xa0;
    else if (byte === 0xed) this.#upper = 0x9f;
    else if (byte === 0xf0) this.#lower = 0x90;
    else if (byte === 0xf4) this.#upper = 0x8f;
    return true;
  }

  #wrong(): number {
    if (!this.#fatal) return replacement;
    this.#streaming = false;
    throw new TypeError('The bytes are not UTF-8.');
  }
}

function bytesOf(input: ArrayBuffer | ArrayBufferView | undefined): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  throw new TypeError('What is decoded is an ArrayBuffer or a view of one.');
}

// Base64 of texts and bytes, the same in the sandbox and in a test without it.

/** Base64 of any text, by way of UTF-8, and of bytes. What `atob` and `btoa` take is bytes written as characters: not this. */
export const base64 = {
  /** `base64.encode('алиса')`, `base64.encode(bytes)`: with padding, in one line. */
  encode(data: string | Uint8Array): string {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    let characters = '';
    for (const byte of bytes) characters += String.fromCharCode(byte);
    return btoa(characters);
  },

  /** The bytes again; white space and missing padding do not matter. Throws an `InvalidCharacterError` when it is not base64. */
  decode(text: string): Uint8Array<ArrayBuffer> {
    const characters = atob(text);
    return Uint8Array.from(characters, (character) => character.charCodeAt(0));
  },

  /** The text again. Throws a TypeError when the bytes are not UTF-8. */
  decodeText(text: string): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(base64.decode(text));
  },
};

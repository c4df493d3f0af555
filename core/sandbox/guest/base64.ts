// atob and btoa: texts whose characters are bytes, as browsers have them; the SDK's `base64` is for any text and for bytes.

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const { fromCharCode } = String;

export function btoa(input: unknown): string {
  const text = `${input}`;
  let out = '';
  for (let at = 0; at < text.length; at += 3) {
    const [a, b, c] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
    if (a > 255 || b > 255 || c > 255)
      throw invalid('btoa takes characters up to U+00FF; base64.encode of the SDK takes any text.');
    // Beyond the end there is NaN, which counts as 0.
    const bits = (a << 16) | (b << 8) | c;
    out += `${digits[bits >> 18]}${digits[(bits >> 12) & 63]}${digits[(bits >> 6) & 63]}${digits[bits & 63]}`;
  }
  const missing = (3 - (text.length % 3)) % 3;
  return missing === 0 ? out : out.slice(0, -missing) + '='.repeat(missing);
}

export function atob(input: unknown): string {
  let text = `${input}`.replace(/[\t\n\f\r ]+/g, '');
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, '');
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw invalid('This is not base64.');
  let out = '';
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) {
    bits = ((bits << 6) | digitOf(text.charCodeAt(at))) & 0xffffff;
    if (at % 4 === 3) out += fromCharCode(bits >> 16, (bits >> 8) & 255, bits & 255);
  }
  if (text.length % 4 === 2) out += fromCharCode((bits >> 4) & 255);
  if (text.length % 4 === 3) out += fromCharCode((bits >> 10) & 255, (bits >> 2) & 255);
  return out;
}

function digitOf(unit: number): number {
  if (unit >= 97) return unit - 71;
  if (unit >= 65) return unit - 65;
  if (unit >= 48) return unit + 4;
  return unit === 43 ? 62 : 63;
}

function invalid(message: string): Error {
  const error = new Error(message);
  error.name = 'InvalidCharacterError';
  return error;
}

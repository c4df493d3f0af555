// Quoting for a POSIX shell: a template whose values each stay one word, whatever they hold.

/** `` sh`nft add element ${set} { ${ip} }` ``: every value becomes one quoted word. Refuses NUL, which no argument can hold. */
export function sh(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((text, part, index) => text + quote(values[index - 1] ?? '') + part);
}

function quote(value: string | number): string {
  const text = String(value);
  if (text.includes('\0')) throw new TypeError('A shell argument cannot hold a NUL character.');
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

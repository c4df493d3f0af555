// Sends what a plugin writes to `console` to the log of the run that it belongs to.

export function shimConsole(log: (line: string) => void): void {
  const write = (...values: unknown[]): void => log(values.map(textOf).join(' '));
  const methods = Object.freeze({ log: write, info: write, warn: write, error: write, debug: write });
  Object.defineProperty(globalThis, 'console', { value: methods, writable: false, configurable: false });
}

/** Texts as they are, errors as their text, the rest as JSON. */
export function textOf(value: unknown): string {
  try {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return JSON.stringify(value) ?? String(value);
  } catch {
    return '(unreadable)';
  }
}

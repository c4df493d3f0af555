// Rates as people write them, `50/s`, to a number per second.

const units: Readonly<Record<string, number>> = { s: 1, min: 60, m: 60, h: 3600 };

/** `50/s`, `0.5/s`, `300/min`, `10/h`; `unlimited` is Infinity. Undefined when the text is none of these. */
export function parseRate(text: string): number | undefined {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s*\/\s*(s|min|m|h)$/.exec(text.trim());
  if (!match) return undefined;
  const rate = Number(match[1]) / (units[match[2] ?? ''] ?? 1);
  return rate > 0 ? rate : undefined;
}

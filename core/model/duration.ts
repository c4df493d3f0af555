// Durations as people write them, `10s`, to milliseconds.

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `10s`, `1.5m`, `2h`, `7d`, and joined ones like `1m30s`. Undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|min|s|m|h|d)){1,5}$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|min|s|m|h|d)/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  return Math.round(total);
}

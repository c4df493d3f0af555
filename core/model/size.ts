// Sizes as people write them, `64MB`, to bytes; the units are powers of 1024.

const units: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)\s*(B|KB|MB|GB)$/i.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * (units[(match[2] ?? '').toUpperCase()] ?? 1));
}

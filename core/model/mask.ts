// Takes known secrets out of texts that go to a journal, a log, an error or a plugin.

export type Mask = (text: string) => string;

const shown = '***';
/** Shorter ones would tear holes into every text and hide nothing. */
const shortest = 4;

/** Also finds the forms that a secret takes inside JSON, in single quotes of a shell, and in a URL. */
export function createMask(secrets: Iterable<string>): Mask {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < shortest) continue;
    for (const form of formsOf(secret)) forms.add(form);
    // A key of several lines can appear line by line; its first and last lines say nothing.
    const lines = secret.split(/\r?\n/);
    if (lines.length > 1) for (const line of lines) if (line.length >= 16 && !line.startsWith('-----')) forms.add(line);
  }
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((one, other) => other.length - one.length);
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'g');
  return (text) => text.replace(pattern, shown);
}

/** Texts at any depth of plain JSON, keys too. */
export function maskJson(mask: Mask, value: unknown): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskJson(mask, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), maskJson(mask, item)]));
}

function formsOf(secret: string): readonly string[] {
  const shell = secret.replaceAll("'", "'\\''");
  return [secret, json(secret), shell, json(shell), json(json(secret)), url(secret)];
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function url(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// One sentence of a router's answer, told apart: which reply word, which command's, which properties.

export interface ReplySentence {
  /** `!re`, `!done`, `!trap`, `!empty`, `!fatal`, or something newer. */
  readonly reply: string;
  /** Empty when the sentence carries no tag. */
  readonly tag: string;
  readonly properties: Record<string, string>;
  /** Words that are neither property nor tag: the reason of a `!fatal`. */
  readonly rest: readonly string[];
}

export function parseReply(words: readonly string[]): ReplySentence {
  const [reply = '', ...others] = words;
  let tag = '';
  const properties: [string, string][] = [];
  const rest: string[] = [];
  for (const word of others) {
    const equals = word.indexOf('=', 1);
    if (word.startsWith('.tag=')) tag = word.slice('.tag='.length);
    else if (word.startsWith('=') && equals > 0) properties.push([word.slice(1, equals), word.slice(equals + 1)]);
    else rest.push(word);
  }
  // fromEntries defines own properties, also for a property that is named `__proto__`.
  return { reply, tag, properties: Object.fromEntries(properties), rest };
}

export function propertyWords(properties: Readonly<Record<string, string>>): string[] {
  return Object.entries(properties).map(([name, value]) => `=${name}=${value}`);
}

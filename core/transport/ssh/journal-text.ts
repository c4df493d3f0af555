// What the journal keeps of a command or its output: masked, and only so much of it.

const maxCharacters = 16_384;

/** The parts that hold something, a line break between each, cut when longer than the journal wants. */
export function journalText(mask: (text: string) => string, parts: readonly string[]): string {
  const text = mask(
    parts
      .filter((part) => part !== '')
      .map((part) => part.replace(/\n$/, ''))
      .join('\n'),
  );
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters)}\n... and ${text.length - maxCharacters} characters more`;
}

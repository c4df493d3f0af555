// The simple commands of a POSIX shell line, as words: what a grant is held against. What the shell would still change has no words.

/** Null when only the shell knows: expansions, redirections into files, groups, an open quote. */
export function commandsOf(line: string): readonly (readonly string[])[] | null {
  const commands: string[][] = [];
  let words: string[] = [];
  for (const token of tokensOf(line)) {
    if (token === null) return null;
    if (token.isBreak) {
      if (words.length > 0) commands.push(words);
      words = [];
    } else words.push(token.text);
  }
  if (words.length > 0) commands.push(words);
  return commands;
}

interface Token {
  readonly text: string;
  readonly isBreak: boolean;
}

// In this order: blanks, output thrown away, ends of a command, and the parts of a word with what each stands for.
const blank = /[ \t]+/y;
const thrownAway = /[12]?>[ \t]*\/dev\/null(?![^\s;|&])|2>&1(?![^\s;|&])/y;
// `&>` is a redirection to bash, and what follows it goes on with the command.
const commandEnd = /&&|\|\||[;|\n]|&(?!>)/y;
const parts: readonly { readonly pattern: RegExp; meaning(text: string): string }[] = [
  // A tilde or a number sign is one of them, but at the beginning of a word; bash has the tilde mean something behind `=` and `:` too.
  { pattern: /[^\s;|&<>(){}$`\\'"*?[\]~#!]+|(?<=[^\s;|&])[#!]+|(?<=[^\s;|&=:])~+/y, meaning: (text) => text },
  { pattern: /\\[^\n]/y, meaning: (text) => text.slice(1) },
  { pattern: /'[^']*'/y, meaning: (text) => text.slice(1, -1) },
  { pattern: /"(?:[^"$`\\]|\\[\s\S])*"/y, meaning: (text) => unescaped(text.slice(1, -1)) },
];

function* tokensOf(line: string): Generator<Token | null, void> {
  let at = 0;
  let word: string | undefined;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(line) ?? [];
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  };
  const takePart = (): string | undefined => {
    for (const { pattern, meaning } of parts) {
      const found = take(pattern);
      if (found !== undefined) return meaning(found);
    }
    return undefined;
  };

  while (at < line.length) {
    const isBetween = take(blank) !== undefined;
    if (isBetween || at === 0 || word === undefined) take(thrownAway);
    const isBreak = !isBetween && take(commandEnd) !== undefined;
    if ((isBetween || isBreak) && word !== undefined) {
      yield { text: word, isBreak: false };
      word = undefined;
    }
    if (isBreak) yield { text: '', isBreak };
    if (isBetween || isBreak || at >= line.length) continue;
    const part = takePart();
    if (part === undefined) {
      yield null;
      return;
    }
    word = (word ?? '') + part;
  }
  if (word !== undefined) yield { text: word, isBreak: false };
}

/** Within double quotes a backslash is one, but before these. */
function unescaped(text: string): string {
  return text.replace(/\\([$`"\\\n])/g, (_, char: string) => (char === '\n' ? '' : char));
}

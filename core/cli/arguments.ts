// Reads a command line into options and words; what it does not know is an error that names the nearest right option.
import { nearest } from '../model/did-you-mean.ts';
import { UsageError } from './command.ts';

/** `number?`: a value follows only when it is a number; `list`: a value, and the option may come again. */
export type OptionKind = 'value' | 'flag' | 'number?' | 'list';

export interface CommandLine<Name extends string> {
  readonly words: readonly string[];
  /** Flags and options without their value are empty texts. */
  readonly options: Readonly<Partial<Record<Name, string>>>;
  /** All values of options that may come again. */
  readonly lists: Readonly<Partial<Record<Name, readonly string[]>>>;
  /** Options that are not listed, when these are allowed. */
  readonly others: Readonly<Record<string, string>>;
}

interface Grammar<Name extends string> {
  readonly options: Readonly<Record<Name, OptionKind>>;
  /** Most words that are not options. */
  readonly words: number;
  /** Options that are not listed are kept, each with a value. */
  readonly others?: 'keep';
}

export function readArguments<Name extends string>(argv: readonly string[], grammar: Grammar<Name>): CommandLine<Name> {
  const words: string[] = [];
  const options: Partial<Record<string, string>> = {};
  const lists: Partial<Record<string, readonly string[]>> = {};
  const others: Record<string, string> = {};
  const kinds: Readonly<Record<string, OptionKind>> = grammar.options;
  const waiting = [...argv];

  while (waiting.length > 0) {
    const word = waiting.shift() ?? '';
    if (word === '--') words.push(...waiting.splice(0));
    else if (!/^--?[A-Za-z]/.test(word)) words.push(word);
    else readOption(word);
  }
  if (words.length > grammar.words) throw new UsageError(`"${words[grammar.words]}" is one word too many`);
  return {
    words,
    options: options as Partial<Record<Name, string>>,
    lists: lists as Partial<Record<Name, readonly string[]>>,
    others,
  };

  function readOption(word: string): void {
    const [, dashes = '', name = '', attached] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const kind = dashes === '--' && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined && grammar.others === 'keep' && dashes === '-')
      throw new UsageError(`there is no option -${name}; a variable is written --${name}`);
    if (kind === undefined && grammar.others === undefined) throw unknown(word, Object.keys(kinds));
    if (kind === 'list') {
      lists[name] = [...(lists[name] ?? []), valueFor({ name, kind, attached })];
      return;
    }
    const target = kind === undefined ? others : options;
    if (Object.hasOwn(target, name)) throw new UsageError(`--${name} is there twice`);
    target[name] = valueFor({ name, kind: kind ?? 'value', attached });
  }

  function valueFor({
    name,
    kind,
    attached,
  }: {
    name: string;
    kind: OptionKind;
    attached: string | undefined;
  }): string {
    if (kind === 'flag' && attached !== undefined) throw new UsageError(`--${name} takes no value`);
    if (kind === 'flag') return '';
    if (attached !== undefined) return attached;
    const next = waiting[0];
    if (kind === 'number?') return next !== undefined && /^\d/.test(next) ? (waiting.shift() ?? '') : '';
    if (next === undefined || next.startsWith('--'))
      throw new UsageError(`--${name} needs a value; one that begins with -- goes as --${name}=VALUE`);
    return waiting.shift() ?? '';
  }
}

function unknown(word: string, names: readonly string[]): UsageError {
  const name = word.replace(/^-+/, '').replace(/=.*$/s, '');
  const near = nearest(name, names);
  return new UsageError(`there is no option ${word.replace(/=.*$/s, '')}${near ? `; did you mean --${near}?` : ''}`);
}

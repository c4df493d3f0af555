// What a plugin may do at its box: its manifest asks, the profile may give less, and each call's words are held against both.
import type { MethodDefinition } from '../transport/transport.ts';

export interface GrantedCall {
  readonly transport: string;
  readonly access: MethodDefinition['access'];
  /** The words of each thing that the call does; null when they cannot be told. */
  readonly subjects: readonly (readonly string[])[] | null;
}

export interface Grants {
  /** Empty when the call may be made; else who does not allow what. */
  refusal(call: GrantedCall): string;
}

type Patterns = Readonly<Record<string, readonly string[]>>;

interface Rule {
  readonly readsOnly: boolean;
  /** Each cut at its stars. */
  readonly words: readonly (readonly string[])[];
  /** The last word stands for itself and all that follow. */
  readonly isOpen: boolean;
  readonly isAnything: boolean;
}

const reading = 'read:';

/** A profile that says nothing of a transport gives what the manifest asks. */
export function createGrants({
  plugin,
  nas,
  asked,
  given,
}: {
  readonly plugin: string;
  readonly nas: string;
  readonly asked: Patterns;
  readonly given: Patterns;
}): Grants {
  const asks = rulesOf(asked);
  const gives = rulesOf(given);

  return {
    refusal({ transport, access, subjects }) {
      const fits = (rules: readonly Rule[]) =>
        subjects === null
          ? rules.some((rule) => rule.isAnything && mayAccess(rule, access))
          : subjects.every((words) => rules.some((rule) => mayAccess(rule, access) && matches(rule, words)));
      if (!fits(asks.get(transport) ?? [])) return `the plugin.json of ${plugin} does not ask for that`;
      const limits = gives.get(transport);
      return limits === undefined || fits(limits) ? '' : `the profile ${nas} does not grant that`;
    },
  };
}

function rulesOf(patterns: Patterns): ReadonlyMap<string, readonly Rule[]> {
  return new Map(Object.entries(patterns).map(([transport, texts]) => [transport, texts.map(ruleOf)]));
}

/** Within a word `*` is any characters; as the last word, one or more words; `read:` in front: reads only. */
function ruleOf(pattern: string): Rule {
  const readsOnly = pattern.startsWith(reading);
  const words = pattern
    .slice(readsOnly ? reading.length : 0)
    .split(' ')
    .filter(Boolean);
  return {
    readsOnly,
    words: words.map((word) => word.split('*')),
    isOpen: words.at(-1) === '*',
    isAnything: words.length === 1 && words[0] === '*',
  };
}

function mayAccess({ readsOnly }: Rule, access: GrantedCall['access']): boolean {
  return access === 'read' || !readsOnly;
}

function matches({ words, isOpen, isAnything }: Rule, given: readonly string[]): boolean {
  if (isAnything) return true;
  if (isOpen ? given.length < words.length : given.length !== words.length) return false;
  return words.every((parts, at) => fitsWord(parts, given[at] ?? ''));
}

/** Each part at its first place after the one before: linear, since a plugin's author writes both pattern and text. */
function fitsWord(parts: readonly string[], word: string): boolean {
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return word === first;
  if (!word.startsWith(first) || !word.endsWith(last) || word.length < first.length + last.length) return false;
  const end = word.length - last.length;
  let at = first.length;
  return others.every((part) => {
    const found = word.indexOf(part, at);
    at = found + part.length;
    return found !== -1 && at <= end;
  });
}

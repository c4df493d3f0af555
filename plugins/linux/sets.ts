// What an address has, as membership in sets: statements that can be repeated, each transaction all or nothing.
import { type Input, tableOf } from './options.ts';
import { type FlagSet, flagSets, named } from './ruleset.ts';
import { addressOf, ownerMarkOf } from './subscriber.ts';

export function join(input: Input, set: FlagSet): string[] {
  return [`add element ${at(input, set)} { ${addressOf(input).text} }`];
}

/** nft has no "delete when there": what is added first is there. */
export function leave(input: Input, set: FlagSet): string[] {
  const element = `${at(input, set)} { ${addressOf(input).text} }`;
  return [`add element ${element}`, `delete element ${element}`];
}

/** Taken out first, since an element that is there keeps the comment that it has. */
export function enrol(input: Input): string[] {
  const mark = ownerMarkOf(input);
  const comment = mark ? ` comment "${mark}"` : '';
  return [...leave(input, 'users'), `add element ${at(input, 'users')} { ${addressOf(input).text}${comment} }`];
}

export function leaveAll(input: Input): string[] {
  return flagSets.flatMap((set) => leave(input, set));
}

function at(input: Input, set: FlagSet): string {
  return `${tableOf(input.options)} ${named(set, addressOf(input).family)}`;
}

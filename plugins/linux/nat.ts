// The address as which a subscriber goes out: one entry in the map that the postrouting chain looks it up in.
import { refuse, sh } from '#plugin-sdk';
import { parseAddress } from './address.ts';
import type { Change } from './apply.ts';
import { asRoot, type Input, tableOf } from './options.ts';
import { addressOf } from './subscriber.ts';

/** As the account says: with `snatip` the entry of that, without one none. */
export function translate(input: Input): Change {
  const address = addressOf(input);
  const snatip = snatipOf(input);
  if (snatip === null) return untranslate(input);
  if (address.family === 6) throw refuse(`The ip ${address.text} is IPv6, which no snatip can stand for.`);
  return { nft: [`add element ${mapOf(input)} { ${address.text} : ${snatip} }`], again: taking(input) };
}

/** `found`: what the router was seen to have. */
export function untranslate(input: Input, found: string | null = null): Change {
  const { family, text } = addressOf(input);
  if (family === 6) return { nft: [] };
  // Fails where there is another entry than was found: that is taken out then.
  const nft = [
    `add element ${mapOf(input)} { ${text} : ${found ?? '0.0.0.0'} }`,
    `delete element ${mapOf(input)} { ${text} }`,
  ];
  return { nft, again: taking(input) };
}

/** nft changes no entry and deletes none that is not there. */
function taking(input: Input): string[] {
  const element = sh`${`{ ${addressOf(input).text} }`}`;
  return [asRoot(input.options, `nft delete element ${mapOf(input)} ${element} 2>/dev/null`)];
}

function mapOf({ options }: Input): string {
  return `${tableOf(options)} snatips`;
}

function snatipOf({ account }: Input): string | null {
  const text = account['snatip'] ?? '';
  if (text === '') return null;
  const address = parseAddress(text);
  if (address?.family !== 4) throw refuse(`The snatip ${JSON.stringify(text.slice(0, 60))} is not one IPv4 address.`);
  return address.text;
}

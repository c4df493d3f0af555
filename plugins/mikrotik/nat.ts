// The address as which a subscriber goes out: one src-nat rule of his own, in a chain that the administrator jumps to.
import { type RouterOsRow, refuse } from '#plugin-sdk';
import { type Device, natChainOf } from './options.ts';
import { type Account, addressOf, type Input, isForeign, knownAddressOf, ownerOf } from './subscriber.ts';

export const natMenu = '/ip/firewall/nat';

/** With `snatip` a rule for it, without one none. Returns whether there is one now. */
export async function translate(input: Input, device: Device): Promise<boolean> {
  const { account, options } = input;
  const snatip = snatipOf(account);
  if (snatip === null) {
    await untranslate(input, device);
    return false;
  }
  await device.routeros.ensure(
    natMenu,
    { chain: natChainOf(options), 'src-address': addressOf(account) },
    { action: 'src-nat', 'to-addresses': snatip, comment: ownerOf(account), disabled: 'no' },
  );
  return true;
}

/** The rule of the address unless it became another account's, and every rule marked as this account's. */
export async function untranslate({ account, options }: Input, device: Device): Promise<number> {
  const chain = natChainOf(options);
  const properties = ['.id', 'comment'];
  const rows = await device.routeros.print(natMenu, { chain, comment: ownerOf(account) }, properties);
  const address = knownAddressOf(account);
  if (address !== null) {
    const there = await device.routeros.print(natMenu, { chain, 'src-address': address }, properties);
    rows.push(...there.filter(({ comment }) => !isForeign(comment, account)));
  }
  const found = [...new Set(rows.map((row) => row['.id'] ?? ''))];
  for (const id of found) await device.routeros.ensureAbsent(natMenu, { '.id': id });
  return found.length;
}

/** As which the rule lets go out; null for one that translates nothing. */
export function snatipOfRule(row: RouterOsRow): string | null {
  if (row['action'] !== 'src-nat' || row['disabled'] === 'true') return null;
  return row['to-addresses']?.slice(0, 64) || null;
}

/** Properties of a rule that `snatipOfRule` reads, and whose it is. */
export const ruleProperties = ['src-address', 'to-addresses', 'action', 'disabled', 'comment'] as const;

function snatipOf(account: Account): string | null {
  const text = account['snatip'] ?? '';
  if (text === '') return null;
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/32)?$/.exec(text)?.slice(1, 5).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255))
    throw refuse(`The snatip ${JSON.stringify(text.slice(0, 60))} is not one IPv4 address.`);
  return octets.join('.');
}

// Puts an account's address on the firewall's lists and takes it off, touching nobody else's entries.
import { type Device, type ListRole, listsOf } from './options.ts';
import { addressOf, type Input, isForeign, knownAddressOf, ownerOf } from './subscriber.ts';

export const listMenu = '/ip/firewall/address-list';

export async function enlist(input: Input, device: Device, role: ListRole): Promise<void> {
  const key = { list: listsOf(input.options)[role], address: addressOf(input.account) };
  // An entry that somebody switched off by hand counts for nothing on the box.
  await device.routeros.ensure(listMenu, key, { comment: ownerOf(input.account), disabled: 'no' });
}

/** Everything that is marked as this account's, and what is at its address and nobody else's. Returns how many it removed. */
export async function delist(input: Input, device: Device, roles: readonly ListRole[]): Promise<number> {
  const { account, options } = input;
  const lists = new Set(roles.map((role) => listsOf(options)[role]));
  const properties = ['.id', 'list', 'address', 'comment', 'dynamic'];
  const marked = await device.routeros.print(listMenu, { comment: ownerOf(account) }, properties);
  const address = knownAddressOf(account);
  const atAddress = address === null ? [] : await device.routeros.print(listMenu, { address }, properties);
  const ids = [...marked, ...atAddress]
    .filter((row) => lists.has(row['list'] ?? '') && !isForeign(row['comment'], account))
    // A dynamic entry belongs to a RADIUS session and goes with it.
    .filter((row) => row['dynamic'] !== 'true')
    .map((row) => row['.id'] ?? '');
  const found = [...new Set(ids)];
  for (const id of found) await device.routeros.ensureAbsent(listMenu, { '.id': id });
  return found.length;
}

// The hotspot's standing of an address, kept in step with the firewall's lists where the profile wants that: let by, or turned away.
import { delist, enlist, listMenu } from './address-lists.ts';
import { type Device, type ListRole, listsOf } from './options.ts';
import { type Input, isForeign, isRadius, knownAddressOf, ownerOf } from './subscriber.ts';

export const bindingMenu = '/ip/hotspot/ip-binding';
export const hostMenu = '/ip/hotspot/host';

type Changed = Partial<Readonly<Record<ListRole, boolean>>>;

export async function putOn(input: Input, device: Device, role: ListRole): Promise<void> {
  await enlist(input, device, role);
  await bind(input, device, { [role]: true });
}

/** Returns how many rows it removed. */
export async function takeOff(input: Input, device: Device, roles: readonly ListRole[]): Promise<number> {
  const unlisted = await delist(input, device, roles);
  return unlisted + (await bind(input, device, Object.fromEntries(roles.map((role) => [role, false]))));
}

/** `changed` is what the lists were just brought to: in a dry run they are not. Returns how many bindings it removed. */
async function bind(input: Input, device: Device, changed: Changed): Promise<number> {
  const { hotspot = {} } = input.options;
  const block = hotspot.block === true;
  // Who logs in to the hotspot by RADIUS must stay logged in: let by, he would lose the session that his being on the list came from.
  const bypass = hotspot.bypass === true && !isRadius(input);
  if (hotspot.bypass !== true && !block) return 0;
  const address = knownAddressOf(input.account);
  if (address === null) return unbind(input, device);
  const isOn = async (role: ListRole) => changed[role] ?? (await isListed(input, device, { role, address }));
  const type = block && (await isOn('blocked')) ? 'blocked' : bypass && (await isOn('auth')) ? 'bypassed' : null;
  const comment = ownerOf(input.account);
  if (type !== null) {
    await device.routeros.ensure(bindingMenu, { address }, { type, comment, disabled: 'no' });
    await settleHosts(device, address, type);
    return 0;
  }
  const removed = await unbind(input, device);
  const left = await device.routeros.print(bindingMenu, { address }, ['comment']);
  // The host stands as another's binding says, where there is one.
  if (left.every((row) => row['comment'] === comment)) await settleHosts(device, address, null);
  return removed;
}

async function isListed(
  { account, options }: Input,
  device: Device,
  { role, address }: { readonly role: ListRole; readonly address: string },
): Promise<boolean> {
  const where = { list: listsOf(options)[role], address };
  const rows = await device.routeros.print(listMenu, where, ['comment', 'dynamic', 'disabled']);
  return rows.some(
    ({ comment, dynamic, disabled }) => !isForeign(comment, account) && dynamic !== 'true' && disabled !== 'true',
  );
}

/** Only what is marked as this account's: a binding without a mark is the administrator's, for a server or a printer. */
function unbind({ account }: Input, device: Device): Promise<number> {
  return device.routeros.ensureAbsent(bindingMenu, { comment: ownerOf(account) });
}

/** A host that the hotspot knows already keeps its standing; without it, its next packet is judged by the binding. */
async function settleHosts(device: Device, address: string, type: 'blocked' | 'bypassed' | null): Promise<void> {
  const hosts = await device.routeros.print(hostMenu, { address }, ['.id', 'bypassed']);
  for (const { '.id': id = '', bypassed } of hosts) {
    const isRight = type !== 'blocked' && (bypassed === 'true') === (type === 'bypassed');
    if (!isRight) await device.routeros.ensureAbsent(hostMenu, { '.id': id });
  }
}

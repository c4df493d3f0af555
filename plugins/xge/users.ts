// Everybody in the box's three lists, over SSH: the answer to a CoA has no room for them.
import { type BoxUser, refuse, sh, type UserListInfo, unsupported } from '#plugin-sdk';
import type { Device, XgeOptions } from './options.ts';

const pageSize = 1000;
const names = ['xge_auth_list', 'xge_blocked_list', 'xge_negbal_list'] as const;

export async function* usersFromNas(
  { options }: { readonly options: XgeOptions },
  device: Device,
): AsyncGenerator<BoxUser[], UserListInfo> {
  if ((device as Partial<Device>).ssh === undefined)
    throw unsupported('The lists are read over SSH, and the profile has no ssh section.');
  const lists: Set<string>[] = [];
  for (const name of names) lists.push(await membersOf(name, options, device));
  const [auth = new Set(), blocked = new Set(), negbal = new Set()] = lists;
  let page: BoxUser[] = [];
  for (const ip of new Set([...auth, ...blocked, ...negbal])) {
    const state = { accept: !blocked.has(ip), redirect: negbal.has(ip), ...(auth.has(ip) && { logged: true }) };
    page.push({ user_id: '', login: '', ip, ...state });
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
  return { kinds: [{ kind: {}, unlisted: { accept: true, redirect: false } }] };
}

/** A list that broke off looks like a short one: only an end with exit code 0 is believed, and what is no address is an error. */
async function membersOf(name: string, { chroot }: XgeOptions, device: Device): Promise<Set<string>> {
  const members = new Set<string>();
  for await (const lines of device.ssh.lines(sh`chroot ${chroot} xgesh show list ${name}`))
    for (const line of lines) {
      if (/\berror\b|\bbad (?:sub)?command\b|does not exist/i.test(line))
        throw refuse(`The box does not show ${name}: ${line.slice(0, 200)}`);
      const [, ip] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\s|$)/.exec(line) ?? [];
      if (ip !== undefined) members.add(ip);
    }
  return members;
}

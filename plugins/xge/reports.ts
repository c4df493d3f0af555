// What the box says of one account, in its words and, where they are pairs like `lists=...`, in the hooks'.
import { type BoxState, type BoxUserReport, unsupported } from '#plugin-sdk';
import { textOf } from './command.ts';
import { commandsOf } from './dialects.ts';
import type { Device, Input } from './options.ts';
import { type Said, say } from './say.ts';

async function ask(input: Input, device: Device): Promise<Said> {
  const texts = (commandsOf(input) ?? []).map((command) => textOf(command, input)).filter((text) => text !== null);
  if (texts.length === 0) throw unsupported(`The profile has no commands for ${input.hook}.`);
  const answers: Said[] = [];
  for (const text of texts) answers.push((await say(input, device, text)) ?? { text: '', isAbsent: false, code: 0 });
  return {
    text: answers.map(({ text }) => text).join('\n'),
    isAbsent: answers.every(({ isAbsent }) => isAbsent),
    code: 0,
  };
}

export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { text, isAbsent } = await ask(input, device);
  const { user_id = '', login = '', ip = '' } = input.account;
  // Of whom nothing was told and who is offline, the box has nothing, and he may be there all the same.
  const user: BoxUserReport = { user_id, login, ip, ...(isAbsent ? { exists: null } : stateIn(text)) };
  return { user, said: text };
}

export async function userTest(input: Input, device: Device): Promise<unknown> {
  return { said: (await ask(input, device)).text };
}

export async function userGetMac(input: Input, device: Device): Promise<unknown> {
  const { text } = await ask(input, device);
  const mac = /\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/i.exec(text)?.[0] ?? '';
  // It says zeros when it does not know.
  return /[1-9a-f]/i.test(mac) ? { mac, from: 'arp' } : { mac: '', from: '' };
}

/** `state=UP lists=xge_blocked_list|xge_auth_list policy=in|512|512|0|out|1024|1024|0 snat=`. */
export function stateIn(text: string): BoxState {
  const pairs = new Map(
    [...text.matchAll(/(?:^|\s)([a-z_]+)=(\S*)/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const lists = pairs.get('lists')?.split('|');
  const [, up, down] = /^in\|(\d+)\|.*\bout\|(\d+)(?:\||$)/.exec(pairs.get('policy') ?? '') ?? [];
  const [state, snat, policy] = ['state', 'snat', 'policy'].map((name) => pairs.get(name));
  return {
    ...(lists && { accept: !lists.includes('xge_blocked_list'), redirect: lists.includes('xge_negbal_list') }),
    // One that is down says nothing: the box makes it for whatever it is told of an address.
    ...(state === 'UP' && { logged: true }),
    ...(snat !== undefined && { snatip: snat === '' || snat === '0.0.0.0' ? null : snat }),
    ...(policy !== undefined && { rate: up === undefined ? null : { rate_in: Number(up), rate_out: Number(down) } }),
  };
}

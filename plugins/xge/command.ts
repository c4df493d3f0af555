// From a template to the text of a command. The box pastes it into a shell as root: what is no plain word never gets there.
import { refuse } from '#plugin-sdk';
import type { Command, Input } from './options.ts';

/** More a Filter-Id does not hold. */
const longest = 253;
const token = /\{([A-Za-z0-9_|]+)(\?|:[A-Za-z0-9_.]+)?\}/g;

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const address = new RegExp(`^(?:${octet}\\.){3}${octet}$`);
/** What a value may be, by its variable. The box has no IPv6. */
const forms: Readonly<Record<string, RegExp>> = {
  ip: address,
  snatip: address,
  nas_ip: address,
  router_ip: address,
  switch_ip: address,
  mac: /^[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$/,
};
const number = /^\d{1,9}$/;
/** No option, no separator, nothing that a shell reads. */
const word = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}$/;

/** Null: it is not for this account. */
export function textOf(command: Command, { account, hook }: Pick<Input, 'account' | 'hook'>): string | null {
  if (typeof command === 'object' && !command.auth_types.includes(account['auth_type'] ?? '')) return null;
  let isLeftOut = false;
  const template = typeof command === 'object' ? command.command : command;
  const text = template.replace(token, (_all, names: string, optional: string | undefined) => {
    const name = names.split('|').find((one) => account[one]);
    if (name !== undefined) return safe(name, account[name] ?? '', hook);
    if (optional?.startsWith(':')) return optional.slice(1);
    if (optional !== undefined) isLeftOut = true;
    else throw refuse(`${hook} takes the variable ${names.replaceAll('|', ' or ')}, which the billing did not send.`);
    return '';
  });
  if (isLeftOut) return null;
  if (text.length > longest)
    throw refuse(`${hook}: the command is longer than the ${longest} characters of a Filter-Id.`);
  return text;
}

function safe(name: string, value: string, hook: string): string {
  const form = forms[name] ?? (/^(?:rate|ceil|burst)_(?:in|out)$/.test(name) ? number : word);
  // One address may be written as a network.
  const plain = form === address ? value.replace(/\/32$/, '') : value;
  if (form.test(plain)) return plain;
  throw refuse(
    `${hook}: the value of ${name}, ${JSON.stringify(value.slice(0, 80))}, cannot be told to this box, which reads commands with a shell.`,
  );
}

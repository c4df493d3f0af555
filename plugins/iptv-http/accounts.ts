// The account in the middleware: its key, finding it, making it, removing it.
import { forgetRestrictions, gone, refuse, restrictionsOf } from '#plugin-sdk';
import { type Answer, ask, at } from './ask.ts';
import { type Device, type Input, type IptvOptions, type RequestName, requestOf } from './options.ts';
import { renderPart } from './template.ts';

export interface Found {
  readonly id: string;
  readonly user_id: string;
  readonly login: string;
  /** Undefined: it is not told. */
  readonly blocked: boolean | undefined;
  readonly packages: readonly string[] | undefined;
  /** As the middleware has it. */
  readonly raw: unknown;
}

const longestKey = 100;

export function keyOf({ account, options }: Input): string {
  const key = renderPart(options.account, account);
  if (key.length > longestKey || /\p{Cc}/u.test(key))
    throw refuse(
      `The account's key ${options.account} is longer than ${longestKey} characters, or holds control characters.`,
    );
  return key;
}

export function tell(input: Input, device: Device, name: RequestName, more = {}): Promise<Answer | null> {
  return ask(device, name, { options: input.options, values: { ...input.account, account: keyOf(input), ...more } });
}

/** Null: it is not there, or this middleware cannot be asked. */
export async function find(input: Input, device: Device): Promise<Found | null> {
  const answer = await tell(input, device, 'find');
  if (answer?.is !== 'done') return null;
  const raw = at(answer.body, input.options.fields.root);
  if (raw === undefined || raw === null) return null;
  const found = foundIn(raw, input.options);
  const key = keyOf(input);
  // A search can find more than it was asked for, and that is another subscriber. Some keep e-mails in small letters.
  if (found.id.toLowerCase() !== key.toLowerCase())
    throw refuse(`The middleware was asked for the account ${key} and shows ${found.id}: see find and fields.id.`);
  return found;
}

export function foundIn(raw: unknown, { fields }: IptvOptions): Found {
  const id = textAt(raw, fields.id);
  if (id === '') throw refuse(`The middleware shows an account without the field ${fields.id || '(itself)'}.`);
  const list = fields.packages === '' ? undefined : at(raw, fields.packages);
  if (list !== undefined && !Array.isArray(list)) throw refuse(`The middleware's ${fields.packages} is no list.`);
  const blocked = fields.blocked === '' ? undefined : at(raw, fields.blocked);
  return {
    id,
    user_id: fields.user_id === '' ? '' : textAt(raw, fields.user_id),
    login: fields.login === '' ? '' : textAt(raw, fields.login),
    blocked: blocked === undefined ? undefined : blocked === fields.blocked_is,
    packages: list?.map((one) => textAt(one, fields.package)),
    raw,
  };
}

function textAt(raw: unknown, field: string): string {
  const value = at(raw, field);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Permanent, and in the operator's words: trying again would not bring what the billing does not have. */
export function demandRequired({ account, options }: Input): void {
  for (const { variable, contains = '', refusal } of options.requires) {
    const value = Object.hasOwn(account, variable) ? (account[variable] ?? '') : '';
    if (value.trim() === '' || !value.includes(contains)) throw refuse(refusal);
  }
}

/** What is there of it, or null when it was made just now or cannot be asked for. */
export async function ensureAccount(input: Input, device: Device): Promise<Found | null> {
  const found = await find(input, device);
  if (found !== null) {
    // Made by an attempt that came no further.
    if (found.blocked !== true) await blockForWhatHolds(input, device);
    return found;
  }
  const answer = await tell(input, device, 'create');
  if (answer === null) {
    if (requestOf(input.options, 'find') === null) return null;
    throw refuse('The middleware has no such account, and the profile has no request that makes one.');
  }
  if (answer.is === 'absent') throw refuse(`The middleware does not make the account: ${answer.said || 'not found'}.`);
  await blockForWhatHolds(input, device);
  return null;
}

/** What was said of it before it was there. */
async function blockForWhatHolds(input: Input, device: Device): Promise<void> {
  if ((await restrictionsOf(device.kv, keyOf(input))).length > 0) await tell(input, device, 'block');
}

export async function removeAccount(input: Input, device: Device): Promise<void> {
  const answer = await tell(input, device, 'remove');
  await forgetRestrictions(device.kv, keyOf(input));
  if (answer === null) throw gone('The profile has no request that removes an account.');
  if (answer.is === 'absent') throw gone('The middleware has no such account.');
}

export async function updateAccount(input: Input, device: Device): Promise<void> {
  const answer = await tell(input, device, 'update');
  if (answer === null) throw gone('The profile has no request for an edited account.');
  if (answer.is === 'absent') throw gone('The middleware has no such account.');
}

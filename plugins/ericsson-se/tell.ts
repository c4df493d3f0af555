// Requests for an account's session: a change, an end.
import {
  cli,
  firstFound,
  gone,
  isDeviceError,
  isNak,
  type RadiusAttributes,
  refuse,
  render,
  unsupported,
} from '#plugin-sdk';
import { identitiesOf, nameOf } from './identity.ts';
import type { Attributes, Device, Input, Service } from './options.ts';

const noSession = 'The box has no such session; RADIUS gives the values to the next one.';

export async function change(input: Input, device: Device, attributes: RadiusAttributes): Promise<void> {
  const found = await firstFound(identitiesOf(input), (identity) => device.coa.coa({ ...identity, ...attributes }));
  if (found === undefined) throw gone(noSession);
}

/** Templates with the billing's variables in them. */
export function rendered({ account, hook }: Input, attributes: Attributes): RadiusAttributes {
  const entries = Object.entries(attributes).map(([attribute, templates]) => {
    const texts = [templates].flat().map((text) => render(text, { account, hook, attribute }) ?? '');
    return [attribute, texts.length === 1 ? (texts[0] ?? '') : texts] as const;
  });
  return Object.fromEntries(entries);
}

/** Whatever ran of that service ends before it begins with its new parameters: the box takes no second one of it. */
export async function startService(input: Input, device: Device, { name, parameter }: Service): Promise<void> {
  // Rendered before anything is ended.
  const values = rendered(input, parameter === undefined ? {} : { 'Service-Parameter:1': parameter });
  const found = await firstFound(identitiesOf(input), (identity) => deactivate(device, identity, name));
  if (found === undefined) throw gone(noSession);
  const action = input.options.accounting ? 1 : 2;
  const start = { 'Service-Name:1': name, 'Service-Action:1': action, ...values };
  const started = await firstFound([found.identity], (identity) => device.coa.coa({ ...identity, ...start }));
  if (started === undefined) throw gone(noSession);
}

export async function stopService(input: Input, device: Device, { name }: Service): Promise<void> {
  const found = await firstFound(identitiesOf(input), (identity) => deactivate(device, identity, name));
  if (found === undefined) throw gone(noSession);
  if (found.answer === 'was not active') throw gone(`The service ${name} was not active.`);
}

/** Invalid-Request (404) is what the box says of a service that the session does not have. */
async function deactivate(
  device: Device,
  identity: RadiusAttributes,
  name: string,
): Promise<'ended' | 'was not active'> {
  try {
    await device.coa.coa({ ...identity, 'Deactivate-Service-Name:1': name });
    return 'ended';
  } catch (error) {
    if (isNak(error) && isDeviceError(error) && error.details['errorCause'] === 404) return 'was not active';
    throw error;
  }
}

export async function end(input: Input, device: Device): Promise<void> {
  if (input.options.kick === 'cli') return clear(input, device);
  const found = await firstFound(identitiesOf(input), (identity) => device.coa.disconnect(identity));
  if (found === undefined) throw gone('The box has no such session.');
}

/** For sessions that a Disconnect does not end: static CLIPS. */
async function clear(input: Input, device: Device): Promise<void> {
  if ((device as Partial<Device>).cli === undefined) throw unsupported('kick: cli needs a cli section in the profile.');
  const { hook, account, options } = input;
  // A name is all that the command takes: it could end the session after the one that this is about.
  if (hook === 'user_disconnect' && account['acct_session_id'])
    throw unsupported(
      'It is about one session, and the command of this box ends whatever has its name: it is not told.',
    );
  const name = nameOf(input);
  // `@` begins the context, and there `-` nothing.
  if (!/^[A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,62}$/.test(name) && options.context !== undefined)
    throw refuse(`${JSON.stringify(name.slice(0, 80))} is no name that can be cleared in a context.`);
  const full = options.context === undefined ? name : `${name}@${options.context}`;
  try {
    await device.cli.run(cli`clear subscriber username ${full}`);
  } catch (error) {
    if (isNak(error) && isDeviceError(error) && /no such|not found/i.test(`${error.message} ${error.said ?? ''}`))
      throw gone('The box has no such subscriber.');
    throw error;
  }
}

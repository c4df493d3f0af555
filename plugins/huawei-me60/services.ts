// Services of a session, BOD or EDSG: activated by their policy's name, deactivated by a command.
import { gone, isDeviceError, isNak, refuse, render, unsupported } from '#plugin-sdk';
import { tell } from './identity.ts';
import type { Device, Input } from './options.ts';

/** First bytes of Huawei-Command-Mode. */
const [activation, deactivation] = ['\u000b', '\u000c'];

export async function activateService(input: Input, device: Device): Promise<void> {
  const name = nameOf(input);
  const isCommand = input.options.services?.activate === 'command-mode';
  await tell(
    input,
    device,
    isCommand ? { 'Huawei-Command-Mode': `${activation}${name}` } : { 'Huawei-Policy-Name': name },
  );
}

export async function deactivateService(input: Input, device: Device): Promise<void> {
  const name = nameOf(input);
  try {
    await tell(input, device, { 'Huawei-Command-Mode': `${deactivation}${name}` });
  } catch (error) {
    // Of what is not active: after an answer that was lost it is not, any more.
    const isInvalid = isNak(error) && isDeviceError(error) && error.details['errorCause'] === 404;
    throw isInvalid ? gone(`The box says that it cannot deactivate ${name}: not active.`) : error;
  }
}

function nameOf({ account, hook, options: { services = {} } }: Input): string {
  const { usluga = {}, any_usluga: any } = services;
  const id = account['usluga_id'] ?? '';
  const template = Object.hasOwn(usluga, id) ? usluga[id] : any;
  if (template === undefined) throw unsupported('The profile names no service for this usluga_id.');
  const name = render(template, { account, hook, attribute: 'the service' }) ?? '';
  if (name === '' || /[\s\p{Cc}]/u.test(name)) throw refuse(`${hook} cannot make the service: it would be no name.`);
  return name;
}

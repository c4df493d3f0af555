// Switches services of a live session: asks which are active, deactivates first, then activates, and believes a NAK only after asking again.
import { firstFound, gone, isNak, type RadiusAttributes } from '#plugin-sdk';
import { activeIn, askStatus, isNoSession, type ServiceCommand, tell } from './commands.ts';
import { identitiesOf } from './identity.ts';
import type { Device, Input } from './options.ts';
import { type Change, planOf } from './plan.ts';

export const noSession = 'The box has no such session; what it may do comes with its next login.';

export async function switchServices(input: Input, device: Device, change: Change): Promise<void> {
  const found = await firstFound(identitiesOf(input), (identity) => askStatus(device, identity));
  if (found === undefined) throw gone(noSession);
  const { identity, answer } = found;
  const { off, on } = planOf(input, change, answer === null ? null : activeIn(answer));
  try {
    for (const service of off) await ensure({ device, identity, input, command: 'deactivate-service', service });
    for (const service of on) await ensure({ device, identity, input, command: 'activate-service', service });
  } catch (error) {
    // It ended meanwhile.
    throw isNoSession(error) ? gone(noSession) : error;
  }
}

interface Step {
  readonly device: Device;
  readonly identity: RadiusAttributes;
  readonly input: Input;
  readonly command: ServiceCommand;
  readonly service: string;
}

/**
 * A NAK also says that it is so already: to a retransmission whose first answer was lost, and after a failover, when the request comes to
 * the new active processor again. Which Error-Cause that has is not documented, so the session is asked.
 */
async function ensure({ device, identity, input, command, service }: Step): Promise<void> {
  try {
    await tell(device, identity, command, service);
  } catch (error) {
    if (!isNak(error)) throw error;
    const answer = await askStatus(device, identity);
    const isSo = answer !== null && activeIn(answer).has(service) === (command === 'activate-service');
    if (!isSo) throw error;
    input.log(`the box refused ${command} of ${service}, and it is so already`);
  }
}

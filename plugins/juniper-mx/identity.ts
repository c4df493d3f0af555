// How a session is named to Junos, by one attribute at a time: those that the profile lists, in its order.
import {
  byAcctSessionId,
  firstFound,
  gone,
  isDeviceError,
  type RadiusAttributes,
  sessionIdentities,
} from '#plugin-sdk';
import type { Device, Input } from './options.ts';

export const noSession = 'The box has no such session; what it may do comes with its next login.';

export function identitiesOf(input: Input): RadiusAttributes[] {
  const { identify = ['session', 'login'], username = 'login' } = input.options;
  const keys = { session: byAcctSessionId, login: { variable: username, attribute: 'User-Name' } };
  return sessionIdentities(
    input,
    identify.map((name) => [keys[name]]),
  );
}

/** Sends to the account's session. Throws `gone` when there is none. */
export async function tell(input: Input, device: Device, attributes: RadiusAttributes): Promise<void> {
  const found = await firstFound(identitiesOf(input), (identity) => device.coa.coa({ ...identity, ...attributes }));
  if (found === undefined) throw gone(noSession);
}

export async function end(input: Input, device: Device): Promise<void> {
  let isMissed = false;
  const found = await firstFound(identitiesOf(input), async (identity) => {
    try {
      return await device.coa.disconnect(identity);
    } catch (error) {
      // A box that ends sessions by their id alone has said already that it has none with that id.
      if (isMissed && isDeviceError(error) && error.details['errorCause'] === missingAttribute) throw gone(noSession);
      isMissed = true;
      throw error;
    }
  });
  if (found === undefined) throw gone(noSession);
}

const missingAttribute = 402;

/**
 * Ends the session that the event is about. One that is born of an Accounting-Stop names it, and by the time that we come the
 * subscriber may be online again: his new session must live.
 */
export async function endThat(input: Input, device: Device): Promise<void> {
  if (!input.account['acct_session_id']) return end(input, device);
  const [identity = {}] = sessionIdentities(input, [[byAcctSessionId]]);
  if (!(await firstFound([identity], (one) => device.coa.disconnect(one)))) throw gone('The box has no such session.');
}

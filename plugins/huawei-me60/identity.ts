// How a session is named to the box: a table of ways, those that the profile lists in its order.
import {
  addressIn,
  byAcctSessionId,
  firstFound,
  gone,
  type RadiusAnswer,
  type RadiusAttributes,
  type SessionKey,
  type SessionWay,
  sessionIdentities,
} from '#plugin-sdk';
import type { Device, Input, WayName } from './options.ts';

export const noSession = 'The box has no such session; what it may do comes with its next login.';

export function identitiesOf(input: Input): RadiusAttributes[] {
  const ways = waysOf(input);
  return sessionIdentities(
    input,
    (input.options.identify ?? ['session+login', 'login']).map((name) => ways[name]),
  );
}

function waysOf({ options: { domain } }: Input): Readonly<Record<WayName, SessionWay>> {
  const byLogin: SessionKey = {
    variable: 'login',
    attribute: 'User-Name',
    value: (login) => (domain === undefined || login.includes('@') ? login : `${login}@${domain}`),
  };
  return {
    'session+login': [byAcctSessionId, byLogin],
    session: [byAcctSessionId],
    login: [byLogin],
    ip: [{ variable: 'ip', attribute: 'Framed-IP-Address', value: addressIn }],
  };
}

/** Sends to the account's session. Throws `gone` when there is none. Null in a dry run. */
export async function tell(input: Input, device: Device, attributes: RadiusAttributes): Promise<RadiusAnswer | null> {
  const found = await firstFound(identitiesOf(input), (identity) => device.coa.coa({ ...identity, ...attributes }));
  if (found === undefined) throw gone(noSession);
  return found.answer;
}

export async function end(input: Input, device: Device): Promise<void> {
  const found = await firstFound(identitiesOf(input), (identity) => device.coa.disconnect(identity));
  if (found === undefined) throw gone(noSession);
}

/**
 * Ends the session that the event is about. One that is born of an Accounting-Stop names it, and by the time that we come the
 * subscriber may be online again: his new session must live.
 */
export async function endThat(input: Input, device: Device): Promise<void> {
  if (!input.account['acct_session_id']) return end(input, device);
  const that = sessionIdentities(input, [[byAcctSessionId]]);
  if (!(await firstFound(that, (identity) => device.coa.disconnect(identity))))
    throw gone('The box has no such session.');
}

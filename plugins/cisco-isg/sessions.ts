// Sessions begun and ended: account-logon, account-logoff, and Disconnect where the box refuses that.
import {
  byAcctSessionId,
  firstFound,
  gone,
  isNak,
  type RadiusAttributes,
  refuse,
  sessionIdentities,
} from '#plugin-sdk';
import { disconnectIdentitiesOf, identitiesOf } from './identity.ts';
import type { Device, Input } from './options.ts';
import { noSession } from './switch.ts';

export function endAny(input: Input, device: Device): Promise<void> {
  return end(input, device, { byCoa: () => identitiesOf(input), byDisconnect: () => disconnectIdentitiesOf(input) });
}

/**
 * Ends the session that the event is about. One that is born of an Accounting-Stop names it, and by the time that we come the
 * subscriber may be online again, with the same address: his new session must live.
 */
export function endThat(input: Input, device: Device): Promise<void> {
  if (!input.account['acct_session_id']) return endAny(input, device);
  const that = () => sessionIdentities(input, [[byAcctSessionId]]);
  return end(input, device, { byCoa: that, byDisconnect: that });
}

interface Ways {
  byCoa(): RadiusAttributes[];
  byDisconnect(): RadiusAttributes[];
}

async function end(input: Input, device: Device, { byCoa, byDisconnect }: Ways): Promise<void> {
  if ((input.options.end ?? 'account-logoff') === 'account-logoff') {
    const logoff = { 'Cisco-AVPair': 'subscriber:command=account-logoff' };
    try {
      if (!(await firstFound(byCoa(), (identity) => device.coa.coa({ ...identity, ...logoff })))) throw gone(noSession);
      return;
    } catch (error) {
      if (!isNak(error)) throw error;
      input.log('the box refused account-logoff; the session is ended by a Disconnect-Request');
    }
  }
  if (!(await firstFound(byDisconnect(), (identity) => device.coa.disconnect(identity)))) throw gone(noSession);
}

/** A session of an address that waits for its login, as a portal has it. */
export async function logOn(input: Input, device: Device): Promise<void> {
  const { account, options } = input;
  const { logon = 'none' } = options;
  if (logon === 'none') throw gone('Nothing to do: the profile has no account-logon.');
  if (account['acct_session_id']) throw gone('Nothing to do: it has a session of its own, whose accounting said so.');
  const { login, psw } = account;
  if (!login) throw refuse('The event carries no login to log on with.');
  if (logon === 'login+psw' && !psw) throw refuse('The event carries no psw to log on with.');
  const pairs = ['subscriber:command=account-logon', ...(logon === 'login+psw' ? [`subscriber:password=${psw}`] : [])];
  if (pairs.some((pair) => new TextEncoder().encode(pair).length > 240) || new TextEncoder().encode(login).length > 253)
    throw refuse('The login or psw is longer than an attribute holds.');
  // The login is what it is to become, so it does not say which session is meant.
  const { 'User-Name': _name, ...identity } = identitiesOf(input)[0] ?? {};
  if (Object.keys(identity).length === 0) throw refuse('An account-logon needs the ip or the session among identify.');
  const attributes = { ...identity, 'User-Name': login, 'Cisco-AVPair': pairs };
  if (!(await firstFound([attributes], (all) => device.coa.coa(all)))) throw gone(noSession);
}

// How a session is named to ISG: a table of ways, those that the profile lists in its order.
import { addressIn, byAcctSessionId, type RadiusAttributes, type SessionKey, sessionIdentities } from '#plugin-sdk';
import type { Input, WayName } from './options.ts';

/** The session that the event names, else those that the profile's ways name. */
export function identitiesOf(input: Input): RadiusAttributes[] {
  return sessionIdentities(
    input,
    (input.options.identify ?? ['account-info']).map((name) => [keyOf(name, input)]),
  );
}

/**
 * The same for a Disconnect-Request, which takes no vendor's attributes (RFC 5176 section 3): Framed-IP-Address in place of
 * Cisco-Account-Info.
 */
export function disconnectIdentitiesOf(input: Input): RadiusAttributes[] {
  const names = (input.options.identify ?? ['account-info']).map((name) => (name === 'account-info' ? 'ip' : name));
  return sessionIdentities(
    input,
    [...new Set(names)].map((name) => [keyOf(name, input)]),
  );
}

function keyOf(name: WayName, { options: { vrf } }: Input): SessionKey {
  switch (name) {
    case 'session':
      return byAcctSessionId;
    case 'login':
      return { variable: 'login', attribute: 'User-Name' };
    case 'ip':
      return { variable: 'ip', attribute: 'Framed-IP-Address', value: addressIn };
    case 'account-info': {
      const suffix = vrf === undefined ? '' : `:vrf-id=${vrf}`;
      return { variable: 'ip', attribute: 'Cisco-Account-Info', value: (text) => `S${addressIn(text)}${suffix}` };
    }
  }
}

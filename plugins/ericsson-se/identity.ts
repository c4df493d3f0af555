// Who is meant: by Acct-Session-Id, or by User-Name, which for CLIPS is the MAC or the address.
import { byAcctSessionId, type RadiusAttributes, refuse, type SessionWay, sessionIdentities } from '#plugin-sdk';
import type { Input, SmartEdgeOptions } from './options.ts';

export function identitiesOf(input: Input): RadiusAttributes[] {
  // The event can be about that very session, while a newer one of the same name goes on.
  const isThatSession = input.hook === 'user_disconnect' && Boolean(input.account['acct_session_id']);
  const names = isThatSession ? (['session'] as const) : input.options.identify;
  return sessionIdentities(
    input,
    names.map((name) => wayOf(name, input.options)),
  );
}

/** The subscriber's name on the box. */
export function nameOf({ account, hook, options }: Input): string {
  const ways = options.identify.filter((name) => name !== 'session').map((name) => wayOf(name, options));
  const [first] = sessionIdentities({ account, hook }, ways);
  return String(first?.['User-Name'] ?? '');
}

function wayOf(name: SmartEdgeOptions['identify'][number], { mac_format: format }: SmartEdgeOptions): SessionWay {
  if (name === 'session') return [byAcctSessionId];
  if (name === 'mac') return [{ variable: 'mac', attribute: 'User-Name', value: (text) => macOf(text, format) }];
  return [{ variable: name, attribute: 'User-Name' }];
}

/** As `format` writes `aabbccddeeff`: its letters stand for the digits. */
export function macOf(text: string, format: string): string {
  const digits = text.replace(/[:.-]/g, '');
  if (!/^[0-9a-f]{12}$/i.test(digits))
    throw refuse(`${JSON.stringify(text.slice(0, 40))} is no MAC address to name a session by.`);
  const cased = format.startsWith('A') ? digits.toUpperCase() : digits.toLowerCase();
  let at = 0;
  return format.replace(/[a-f]/gi, () => cased[at++] ?? '');
}

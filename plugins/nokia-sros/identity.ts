// Who is meant: the ways to name a session, and the subscriber's id.
import {
  addressIn,
  byAcctSessionId,
  type RadiusAttributes,
  refuse,
  render,
  type SessionKey,
  sessionIdentities,
} from '#plugin-sdk';
import type { Input, Way } from './options.ts';

const ip: SessionKey = {
  variable: 'ip',
  attribute: 'Framed-IP-Address',
  value: addressIn,
};
const login: SessionKey = { variable: 'login', attribute: 'User-Name' };
const port: SessionKey = { variable: 'nas_port_id', attribute: 'NAS-Port-Id' };

const keysOf: Readonly<Record<Way, readonly SessionKey[]>> = {
  port_ip: [port, ip],
  session: [byAcctSessionId],
  subscriber: [],
  service_ip: [ip],
  login_ip: [login, ip],
  login: [login],
};

export function identitiesOf(input: Input): RadiusAttributes[] {
  const { options, account } = input;
  // The event can be about that very session, while a newer one of the same login goes on.
  const isThatSession = input.hook === 'user_disconnect' && Boolean(account['acct_session_id']);
  const ways = isThatSession ? (['session'] as const) : options.identify;
  const identities = ways.flatMap((way) => identityBy(way, input));
  // Says who is missing: asked of nobody, the box would have no such session.
  if (identities.length === 0)
    sessionIdentities(
      input,
      ways.map((way) => keysOf[way]),
    );
  if (identities.length === 0) throw refuse(`${input.hook} would name no session: the profile has no service.`);
  const retail = options.retail_service;
  return identities.map((one) => ({ ...one, ...(retail !== undefined && { 'Alc-Retail-Serv-Id': retail }) }));
}

function identityBy(way: Way, input: Input): RadiusAttributes[] {
  const { account, options } = input;
  if (way === 'subscriber') {
    const id = subscriberOf(input);
    return id === null ? [] : [{ 'Alc-Subsc-ID-Str': id }];
  }
  const keys = keysOf[way];
  if (!keys.every(({ variable }) => account[variable])) return [];
  if (way === 'service_ip' && options.service === undefined) return [];
  const [identity = {}] = sessionIdentities(input, [keys]);
  return [{ ...identity, ...(way === 'service_ip' && { 'Alc-Serv-Id': options.service ?? 0 }) }];
}

/** Null: the profile does not say it. What the box could never show is refused, since it could not be read back. */
export function subscriberOf({ account, hook, options }: Input): string | null {
  if (options.subscriber === undefined) return null;
  const id = render(options.subscriber, { account, hook, attribute: 'Alc-Subsc-ID-Str' }) ?? '';
  if (!/^[!#-)+->@-[\]-~]{1,64}$/.test(id))
    throw refuse(
      `${JSON.stringify(id.slice(0, 80))} is no id of a subscriber on this box: 1 to 64 printable ASCII characters.`,
    );
  return id;
}

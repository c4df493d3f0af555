// CGRateS's names that mean nothing in this product, each with the reason: a client must not take silence for consent.
import { RpcError } from './rpc-error.ts';

const money =
  'usage is not reserved or settled in real time here: the billing keeps money and plans, and sends events when something changes';
const pair =
  'there is one store of sessions and no standby node to hand them to: sessions are durable and restored after a restart';

/** By name without `SessionSv1.`. */
export const notHere: Readonly<Record<string, string>> = {
  AuthorizeEvent: `the RADIUS server of the site admits subscribers, not the session layer; and ${money}`,
  AuthorizeEventWithDigest: 'it is flat text for SIP proxies; the RADIUS server of the site admits subscribers',
  InitiateSessionWithDigest: 'it is flat text for SIP proxies; use SessionSv1.InitiateSession',
  ProcessMessage: `there are no one-shot charges such as an SMS; and ${money}`,
  GetCost: money,
  SetPassiveSession: pair,
  ReplicateSessions: pair,
  ActivateSessions: pair,
  DeactivateSessions: pair,
  BackupActiveSessions:
    'every change of a session is on disk before its packet is answered; there is nothing left to back up',
  DisconnectPeer: 'it is for Diameter peers',
  WarnDisconnect: 'it plays a tone into a call',
  STIRAuthenticate: 'it is for telephone calls',
  STIRIdentity: 'it is for telephone calls',
  RegisterInternalBiJSONConn: 'agents do not connect to us: boxes are reached through their plugins',
};

const ttl =
  'how long a session may be silent is for its box and the site to say: Acct-Interim-Interval, sessions.ttl of its profile, session_ttl of the settings';
const emulated = 'a session that is given up ends with its last known counters; usage is never made up';

/** Options of a call (`APIOpts`, `Opts` in older versions, or in the event itself). */
const options: Readonly<Record<string, string>> = {
  '*sessionsTTL': ttl,
  '*sessionsTTLMaxDelay': ttl,
  '*sessionsTTLLastUsed': emulated,
  '*sessionsTTLLastUsage': emulated,
  '*sessionsTTLUsage': emulated,
  '*sessionsDebitInterval': money,
  '*sessionsChargeable': money,
};

export function checkOptions(params: Readonly<Record<string, unknown>>): void {
  const inner = Object(params['CGREvent']);
  const places = [params['APIOpts'], params['Opts'], params['Event'], inner.APIOpts, inner.Opts, inner.Event];
  const name = places.flatMap((place) => Object.keys(Object(place))).find((key) => Object.hasOwn(options, key));
  if (name !== undefined)
    throw new RpcError(`NOT_IMPLEMENTED: ${name} is not in this product, because ${options[name]}.`);
}

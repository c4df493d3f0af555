// What plugins of CoA boxes have alike: naming an account's session by what the billing knows of it, until the box knows one.
import type { RadiusAttributes } from './device.ts';
import { isDeviceError } from './device-error.ts';
import { refuse } from './verdict.ts';

/** One attribute that names a session, and the billing's variable that it is made of. */
export interface SessionKey {
  /** `login`, `ip`, `acct_session_id`. */
  readonly variable: string;
  /** By its dictionary name. */
  readonly attribute: string;
  /** The attribute's value; without it, the variable as it is. Throws a refusal for what cannot be one. */
  readonly value?: (text: string) => string;
}

/** A way to name a session: all of its attributes go into the request, and a box wants all of them to match. */
export type SessionWay = readonly SessionKey[];

/** The session by its Acct-Session-Id: what the billing sends of it, or RADIUS accounting in the events that are born of it. */
export const byAcctSessionId: SessionKey = { variable: 'acct_session_id', attribute: 'Acct-Session-Id' };

/** The `value` of a key by the billing's `ip`, which can be written as a network of one address. Throws a refusal for any other. */
export function addressIn(text: string): string {
  const octets = text.replace(/\/32$/, '').split('.');
  if (octets.length !== 4 || octets.some((octet) => !/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255))
    throw refuse('The ip of the event is no single IPv4 address, by which this profile names sessions.');
  return octets.join('.');
}

/** More bytes no RADIUS attribute holds. */
const longest = 253;

/**
 * The attributes of each way whose variables the event carries, in the order of the ways. Throws a refusal when it carries those of
 * none: such a request would name nobody, and some boxes would then take any session.
 */
export function sessionIdentities(
  { account, hook }: { readonly account: Readonly<Record<string, string>>; readonly hook: string },
  ways: readonly SessionWay[],
): RadiusAttributes[] {
  const identities = ways
    .filter((keys) => keys.length > 0 && keys.every(({ variable }) => account[variable]))
    .map((keys) =>
      Object.fromEntries(
        keys.map(({ variable, attribute, value }) => {
          const text = account[variable] ?? '';
          if (new TextEncoder().encode(text).length > longest || !text.isWellFormed())
            throw refuse(`${hook} cannot name the session: ${variable} is no text of at most ${longest} bytes.`);
          return [attribute, value ? value(text) : text];
        }),
      ),
    );
  if (identities.length > 0) return identities;
  const wanted = ways.map((keys) => keys.map(({ variable }) => variable).join(' with ')).join(', or ');
  throw refuse(`${hook} would name no session: the billing sent no ${wanted}.`);
}

/** What came of it, and by which attributes the box knew the session. */
export interface FoundSession<Answer> {
  /** Those that it took. */
  readonly identity: RadiusAttributes;
  /** What it said. */
  readonly answer: Answer;
}

/**
 * Sends with each identity in turn until the box knows such a session; undefined: it knows none (NAK 503 to all). What the billing
 * knows of a session can be of an older one, so a miss by one identity is believed only when all miss. Other errors go on.
 */
export async function firstFound<Answer>(
  identities: readonly RadiusAttributes[],
  send: (identity: RadiusAttributes) => Promise<Answer>,
): Promise<FoundSession<Answer> | undefined> {
  for (const identity of identities) {
    try {
      return { identity, answer: await send(identity) };
    } catch (error) {
      if (!isDeviceError(error) || error.code !== 'session_not_found') throw error;
    }
  }
  return undefined;
}

/** Whether it is a final NAK of the box, other than that there is no such session; its Error-Cause is in `details.errorCause`. */
export function isNak(error: unknown): boolean {
  return isDeviceError(error) && error.code === 'nas_refused';
}

// The sessions of the simulated box, as bytes: which one a request means, and what was applied to it.
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { encodeAll, readAll } from '#core/transport/radius/values.ts';

export interface Sessions {
  login(userName: string, attributes: RadiusAttributes): void;
  logout(userName: string): void;
  /** Takes a CoA- or Disconnect-Request. Returns the Error-Cause, or 0 when it did what was asked. */
  take(request: RadiusPacket): number;
  state(): Readonly<Record<string, RadiusAttributes>>;
}

type Session = Map<number, RadiusAttribute[]>;

export const errorCauses = { unsupportedAttribute: 401, missingAttribute: 402, noSession: 503 } as const;

const userNameType = 1;
/** User-Name, NAS-Port, Framed-IP-Address, Calling-Station-Id, Acct-Session-Id, Acct-Multi-Session-Id, NAS-Port-Id, Chargeable-User-Identity, Framed-IPv6-Prefix. */
const identifying = new Set([userNameType, 5, 8, 31, 44, 50, 87, 89, 97]);
/** NAS-IP-Address, NAS-Identifier, Proxy-State, Event-Timestamp, Message-Authenticator, NAS-IPv6-Address. */
const aboutTheRequest = new Set([4, 32, 33, 55, 80, 95]);

export function createSessions(dictionary: Dictionary): Sessions {
  const sessions = new Map<string, Session>();

  /** All that identifies must match together. */
  function find(given: readonly RadiusAttribute[]): string | undefined {
    const named = given.find(({ type }) => type === userNameType)?.value.toString('utf8');
    const candidates = named === undefined ? sessions.keys() : sessions.has(named) ? [named] : [];
    for (const candidate of candidates) {
      const session = sessions.get(candidate);
      if (given.every((wanted) => session?.get(keyOf(wanted))?.[0]?.value.equals(wanted.value))) return candidate;
    }
    return undefined;
  }

  return {
    login(userName, attributes) {
      sessions.set(userName, grouped(encodeAll(dictionary, { ...attributes, 'User-Name': userName })));
    },
    logout(userName) {
      sessions.delete(userName);
    },
    take({ code, attributes }) {
      const isDisconnect = code === codes.disconnectRequest;
      // RFC 5176 section 3: a Disconnect-Request only identifies. hostapd answers so too.
      if (isDisconnect && attributes.some(({ vendor }) => vendor !== 0)) return errorCauses.unsupportedAttribute;
      const given = attributes.filter(isIdentifying);
      if (given.length === 0) return errorCauses.missingAttribute;
      const found = find(given);
      if (found === undefined) return errorCauses.noSession;
      if (isDisconnect) sessions.delete(found);
      else for (const [key, values] of grouped(attributes.filter(isValue))) sessions.get(found)?.set(key, values);
      return 0;
    },
    state() {
      const shown = [...sessions].map(([userName, session]) => {
        const values = [...session.values()].flat().filter(({ vendor, type }) => vendor !== 0 || type !== userNameType);
        return [userName, readAll(dictionary, values)] as const;
      });
      return Object.fromEntries(shown);
    },
  };
}

/** Copies the values, which are views into a datagram. */
function grouped(attributes: readonly RadiusAttribute[]): Session {
  const groups: Session = new Map();
  for (const attribute of attributes) {
    const key = keyOf(attribute);
    const copy = { ...attribute, value: Buffer.from(attribute.value) };
    const group = groups.get(key);
    if (group) group.push(copy);
    else groups.set(key, [copy]);
  }
  return groups;
}

function keyOf({ vendor, type }: RadiusAttribute): number {
  return vendor * 0x1_0000 + (type & 0xffff);
}

function isIdentifying({ vendor, type }: RadiusAttribute): boolean {
  return vendor === 0 && identifying.has(type);
}

function isValue({ vendor, type }: RadiusAttribute): boolean {
  return vendor !== 0 || !(identifying.has(type) || aboutTheRequest.has(type));
}

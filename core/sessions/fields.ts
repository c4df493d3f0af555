// What sessions can be asked by: each field with its texts, how they compare, and whether an index of the live ones knows them.
import { macDigits } from '../model/mac.ts';
import { addressKey, firstOfNetwork, networkKeys, startKey } from '../model/network.ts';
import type { Session } from '../model/session.ts';
import type { Operator, SessionField } from './book.ts';

export interface Field extends SessionField {
  /** In the form that compares; several when a session has several. A text or number that it does not have is none. */
  keysOf(session: Session): readonly string[];
  /** A value of a condition in the same form; undefined when it is none of this field. */
  keyOf(value: string): string | undefined;
  /** All keys under which a session with this value may stand; `holds` says which of them do. Without it, the one key. */
  readonly candidates?: (key: string) => readonly string[];
  readonly holds?: (session: Session, key: string) => boolean;
  /** Whether the session has a value between these. */
  readonly isWithin?: (session: Session, network: { readonly first: string; readonly last: string }) => boolean;
  /** What to write instead, for who wrote it wrong. */
  readonly expects: string;
}

const textOperators: readonly Operator[] = ['eq', 'not', 'in', 'prefix', 'lt', 'gt'];
const none: readonly string[] = [];
const listOf = (text: string): readonly string[] => (text === '' ? none : [text]);

function text(name: string, get: (session: Session) => string, indexed: boolean): Field {
  return {
    name,
    operators: textOperators,
    indexed,
    keysOf: (session) => listOf(get(session)),
    keyOf: (value) => value,
    expects: 'a text',
  };
}

// Sixteen digits hold every whole number that a double does.
const numberKey = (value: number): string => String(Math.max(0, Math.trunc(value))).padStart(16, '0');

function number(name: string, get: (session: Session) => number): Field {
  return {
    name,
    operators: ['eq', 'not', 'in', 'lt', 'gt'],
    indexed: false,
    keysOf: (session) => [numberKey(get(session))],
    keyOf: (value) => (/^\d{1,16}$/.test(value) ? numberKey(Number(value)) : undefined),
    expects: 'a whole number',
  };
}

function time(name: string, get: (session: Session) => number): Field {
  return {
    ...number(name, get),
    keyOf(value) {
      const at = /^\d{1,16}$/.test(value) ? Number(value) : Date.parse(value);
      return Number.isFinite(at) ? numberKey(at) : undefined;
    },
    expects: 'a time like 2026-11-21T12:00:00Z',
  };
}

/** Of a prefix its first address. */
function addressesOf({ framedIp, framedIpv6Prefix, delegatedIpv6Prefix }: Session): readonly string[] {
  const v4 = framedIp === '' ? undefined : addressKey(framedIp);
  if (framedIpv6Prefix === '' && delegatedIpv6Prefix === '') return v4 === undefined ? none : [v4];
  const keys = v4 === undefined ? [] : [v4];
  for (const prefix of [framedIpv6Prefix, delegatedIpv6Prefix]) {
    const key = startKey(prefix);
    if (key !== '' && !keys.includes(key)) keys.push(key);
  }
  return keys;
}

const framedIp: Field = {
  name: 'framed_ip',
  operators: ['eq', 'not', 'in', 'net'],
  indexed: true,
  keysOf: addressesOf,
  keyOf: (value) => addressKey(value.replace(/\/\d+$/, '')),
  candidates: networksAround,
  holds: hasAddress,
  isWithin(session, { first, last }) {
    if (!first.startsWith('4')) return addressesOf(session).some((key) => first <= key && key <= last);
    const key = session.framedIp === '' ? undefined : addressKey(session.framedIp);
    return key !== undefined && first <= key && key <= last;
  },
  expects: 'an address like 10.1.2.3, or a prefix like 2001:db8::/56',
};

// What a subscriber is given is a /64 or a shorter prefix, and hardly ever one shorter than /32.
const prefixLengths = [128, ...Array.from({ length: 33 }, (_, index) => 64 - index)];

/** An address within a prefix belongs to the session that was given the prefix. */
function networksAround(key: string): readonly string[] {
  if (key.startsWith('4')) return [key];
  const keys = prefixLengths.map((bits) => firstOfNetwork(key, bits));
  return [...new Set(keys)];
}

function hasAddress(session: Session, key: string): boolean {
  if (addressesOf(session).includes(key)) return true;
  if (key.startsWith('4')) return false;
  return [session.framedIpv6Prefix, session.delegatedIpv6Prefix].some((prefix) => {
    const network = prefix === '' ? undefined : networkKeys(prefix);
    return network !== undefined && network.first <= key && key <= network.last;
  });
}

const mac: Field = {
  name: 'mac',
  operators: ['eq', 'not', 'in', 'prefix'],
  indexed: true,
  keysOf: ({ callingStationId }) => listOf(macKey(callingStationId)),
  keyOf: macKey,
  expects: 'a MAC address in any notation',
};

/** What is no MAC address is compared as it is; of a beginning, the digits. */
function macKey(value: string): string {
  const digits = macDigits(value);
  if (digits !== '') return digits;
  return /^[0-9a-f:.-]{1,17}$/i.test(value) ? value.replace(/[:.-]/g, '').toLowerCase() : value;
}

const state: Field = {
  name: 'state',
  operators: ['eq', 'not', 'in'],
  indexed: true,
  keysOf: ({ endedAt }) => [endedAt === 0 ? 'live' : 'closed'],
  keyOf: (value) => (value === 'live' || value === 'closed' ? value : undefined),
  expects: 'live or closed',
};

const builtIn: readonly Field[] = [
  text('user_id', ({ userId }) => userId, true),
  text('login', ({ userName }) => userName, true),
  framedIp,
  mac,
  text('nas', ({ nas }) => nas, true),
  text('port', ({ port }) => port, true),
  text('session_id', ({ acctSessionId }) => acctSessionId, true),
  text('plan', ({ plan }) => plan, true),
  state,
  text('id', ({ id }) => id, true),
  text('nas_ip', ({ nasIp }) => nasIp, false),
  text('nas_identifier', ({ nasIdentifier }) => nasIdentifier, false),
  text('multi_session_id', ({ multiSessionId }) => multiSessionId, false),
  text('called_station_id', ({ calledStationId }) => calledStationId, false),
  text('class', (session) => session.class, false),
  text('inferred', ({ inferred }) => inferred, false),
  number('terminate_cause', ({ terminateCause }) => terminateCause),
  number('session_time', ({ sessionTime }) => sessionTime),
  number('input_octets', ({ inputOctets }) => inputOctets),
  number('output_octets', ({ outputOctets }) => outputOctets),
  time('started_at', ({ startedAt }) => startedAt),
  time('updated_at', ({ updatedAt }) => updatedAt),
  time('ended_at', ({ endedAt }) => endedAt),
];

/** `indexes`: what the site asks for besides: a field of a packet that has no index by itself, else a variable of the account. */
export function createFields(indexes: readonly string[]): ReadonlyMap<string, Field> {
  const fields = new Map(builtIn.map((field) => [field.name, field]));
  for (const name of indexes) {
    const known = fields.get(name);
    fields.set(name, known ? { ...known, indexed: true } : text(name, (session) => session.fields[name] ?? '', true));
  }
  return fields;
}

/** Names that only the account's variables can fill. */
export function variablesAmong(indexes: readonly string[]): readonly string[] {
  return indexes.filter((name) => !builtIn.some((field) => field.name === name));
}

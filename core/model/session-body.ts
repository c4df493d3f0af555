// A session as one short text and back: its values in a fixed order, since a million names would be read for nothing.
import type { Session } from './session.ts';

export const blankSession: Session = {
  id: '',
  key: '',
  nas: '',
  nasIp: '',
  nasIdentifier: '',
  acctSessionId: '',
  userName: '',
  userId: '',
  framedIp: '',
  framedIpv6Prefix: '',
  delegatedIpv6Prefix: '',
  callingStationId: '',
  calledStationId: '',
  port: '',
  multiSessionId: '',
  class: '',
  plan: '',
  planTold: '',
  interimInterval: 0,
  startedAt: 0,
  updatedAt: 0,
  endedAt: 0,
  terminateCause: 0,
  inferred: '',
  inputOctets: 0,
  outputOctets: 0,
  sessionTime: 0,
  inputBase: 0,
  outputBase: 0,
  gigawords: false,
  fields: Object.freeze({}),
};

/** Written out: to go through the names of the values takes twice as long, and this is done for every Start and Stop. */
export function sessionText(session: Session): string {
  return JSON.stringify([
    session.id,
    session.key,
    session.nas,
    session.nasIp,
    session.nasIdentifier,
    session.acctSessionId,
    session.userName,
    session.userId,
    session.framedIp,
    session.framedIpv6Prefix,
    session.delegatedIpv6Prefix,
    session.callingStationId,
    session.calledStationId,
    session.port,
    session.multiSessionId,
    session.class,
    session.plan,
    session.interimInterval,
    session.startedAt,
    session.updatedAt,
    session.endedAt,
    session.terminateCause,
    session.inferred,
    session.inputOctets,
    session.outputOctets,
    session.sessionTime,
    session.inputBase,
    session.outputBase,
    session.fields,
    session.planTold,
    session.gigawords,
  ]);
}

export function sessionOfText(text: string): Session {
  return sessionOf(JSON.parse(text));
}

/** Of many such texts as one JSON array: parsed at once, which is much faster. */
export function sessionsOfArray(text: string): Session[] {
  return JSON.parse(text).map(sessionOf);
}

/** What earlier versions wrote was an object; values that it does not have are blank. */
function sessionOf(parsed: ReturnType<typeof JSON.parse>): Session {
  if (!Array.isArray(parsed)) return { ...blankSession, ...parsed };
  const v = parsed;
  return {
    id: v[0],
    key: v[1],
    nas: shared(v[2]),
    nasIp: shared(v[3]),
    nasIdentifier: shared(v[4]),
    acctSessionId: v[5],
    userName: v[6],
    userId: v[7],
    framedIp: v[8],
    framedIpv6Prefix: v[9],
    delegatedIpv6Prefix: v[10],
    callingStationId: v[11],
    calledStationId: shared(v[12]),
    port: v[13],
    multiSessionId: v[14],
    class: v[15],
    plan: shared(v[16]),
    planTold: shared(v[29] ?? ''),
    interimInterval: v[17],
    startedAt: v[18],
    updatedAt: v[19],
    endedAt: v[20],
    terminateCause: v[21],
    inferred: v[22],
    inputOctets: v[23],
    outputOctets: v[24],
    sessionTime: v[25],
    inputBase: v[26] ?? 0,
    outputBase: v[27] ?? 0,
    gigawords: v[30] ?? false,
    fields: isEmpty(v[28]) ? blankSession.fields : v[28],
  };
}

const texts = new Map<string, string>();

/** One copy in memory of what thousands of sessions say alike. */
export function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= 20_000) texts.clear();
  texts.set(text, text);
  return text;
}

function isEmpty(fields: object): boolean {
  for (const _ in fields) return false;
  return true;
}

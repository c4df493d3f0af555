// What a record does to a session: pure, and the same in whatever order and number the records come.
import type { AccountingRecord } from '../ingest/accounting.ts';
import type { Session } from '../model/session.ts';
import { blankSession, shared } from '../model/session-body.ts';
import { identityOf, idOf, keyOf } from './identity.ts';

export interface Step {
  readonly session: Session;
  /** False for a copy of what is known already. */
  readonly changed: boolean;
  /** It was not known before, at least not under this start. */
  readonly isNew: boolean;
  readonly loggedOn: boolean;
  readonly loggedOff: boolean;
  /** We had given it up, and it goes on. */
  readonly recovered: boolean;
}

/** RFC 2866 section 5.10: the cause of what a rebooted box could not close itself. */
export const nasReboot = 11;

// Without a clock of the NAS a retransmission looks as late as it came: how late it may be and still be one.
const arrivalSlack = 60_000;

/** For Start, Interim and Stop. */
export function apply(known: Session | undefined, record: AccountingRecord): Step {
  const isStop = record.status === 'stop';
  const began = beginOf(record);
  if (known === undefined || isAnother(known, record)) {
    const session = open(record, began);
    const ends = isStop ? stopped(session, record) : session;
    return { session: ends, changed: true, isNew: true, recovered: false, ...transition(isStop) };
  }
  const merged = merge(known, record, began);
  const recovered = !isStop && wasGivenUp(known) && isLater(known, record);
  const session = isStop ? stopped(merged, record) : recovered ? goingOn(merged) : merged;
  const loggedOff = isStop && known.endedAt === 0;
  return { session, changed: !isSame(known, session), isNew: false, loggedOn: recovered, loggedOff, recovered };
}

/** Accounting-On and Off: the sessions that began before it are gone, and the box cannot say so any more. */
export function endedByReboot(session: Session, at: number): Session | undefined {
  if (session.endedAt !== 0 || session.startedAt >= at) return undefined;
  return {
    ...session,
    endedAt: at,
    updatedAt: Math.max(session.updatedAt, at),
    terminateCause: nasReboot,
    inferred: 'reboot',
  };
}

/** What its box did not end: with the counters that were last known. A stale one ended, as far as we know, with its last update. */
export function givenUp(session: Session, inferred: 'stale' | 'missing' | 'replaced', at = 0): Session {
  const endedAt = Math.max(session.updatedAt, session.startedAt, inferred === 'stale' ? 0 : at);
  return { ...session, endedAt, inferred };
}

export function wasGivenUp({ endedAt, inferred }: Session): boolean {
  return endedAt !== 0 && (inferred === 'stale' || inferred === 'missing');
}

export function goingOn(session: Session): Session {
  return { ...session, endedAt: 0, terminateCause: 0, inferred: '' };
}

/** A Start that is later than updates of a live session under the same id: its Stop was lost, and the box gave the id again. */
export function isRestart(known: Session, record: AccountingRecord): boolean {
  return (
    known.endedAt === 0 &&
    record.status === 'start' &&
    record.timestamped &&
    known.sessionTime > 0 &&
    record.at > known.updatedAt
  );
}

/** Whether On or Off of this box speaks for that session: behind one proxy there can be several boxes. */
export function isOfBox(session: Session, record: AccountingRecord): boolean {
  return (
    session.nas === record.nas &&
    isCompatible(session.nasIp, record.nasIp) &&
    isCompatible(session.nasIdentifier, record.nasIdentifier)
  );
}

/** When the session of this record began, as far as the record says. */
export function beginOf(record: AccountingRecord): number {
  return record.status === 'start' ? record.at : record.at - record.sessionTime * 1000;
}

/** A closed session stays closed; only one that began after its end under the same id is another. */
function isAnother(known: Session, record: AccountingRecord): boolean {
  if (known.endedAt === 0) return false;
  // It does not say when it began, so it proves nothing.
  if (record.status !== 'start' && record.sessionTime === 0) return false;
  const slack = record.timestamped || known.inferred === 'reboot' ? 0 : arrivalSlack;
  return beginOf(record) > known.endedAt + slack;
}

function transition(isStop: boolean): Pick<Step, 'loggedOn' | 'loggedOff'> {
  // A Stop whose Start was lost still says that the subscriber is gone.
  return { loggedOn: !isStop, loggedOff: isStop };
}

function open(record: AccountingRecord, startedAt: number): Session {
  const key = keyOf(identityOf(record), startedAt);
  return {
    id: idOf(key),
    key,
    nas: record.nas,
    nasIp: record.nasIp,
    nasIdentifier: record.nasIdentifier,
    acctSessionId: record.acctSessionId,
    userName: record.userName,
    userId: '',
    framedIp: record.framedIp,
    framedIpv6Prefix: record.framedIpv6Prefix,
    delegatedIpv6Prefix: record.delegatedIpv6Prefix,
    callingStationId: record.callingStationId,
    calledStationId: shared(record.calledStationId),
    port: record.port,
    multiSessionId: record.multiSessionId,
    class: record.class,
    plan: '',
    planTold: '',
    interimInterval: record.interimInterval,
    startedAt,
    updatedAt: record.at,
    endedAt: 0,
    terminateCause: 0,
    inferred: '',
    inputOctets: record.inputOctets,
    outputOctets: record.outputOctets,
    sessionTime: record.sessionTime,
    inputBase: 0,
    outputBase: 0,
    gigawords: record.gigawords,
    fields: blankSession.fields,
  };
}

/** Counters never go back; of texts the newest that says something wins. */
function merge(known: Session, record: AccountingRecord, began: number): Session {
  const isNewer = record.at >= known.updatedAt;
  const later = isLater(known, record);
  const gigawords = known.gigawords === true || record.gigawords;
  const canWrap = !gigawords && record.sessionTime > known.sessionTime;
  const of = { later, canWrap };
  const input = counted({ ...of, total: known.inputOctets, base: known.inputBase ?? 0, said: record.inputOctets });
  const output = counted({ ...of, total: known.outputOctets, base: known.outputBase ?? 0, said: record.outputOctets });
  return {
    id: known.id,
    key: known.key,
    nas: known.nas,
    nasIp: newest(known.nasIp, record.nasIp, isNewer),
    nasIdentifier: newest(known.nasIdentifier, record.nasIdentifier, isNewer),
    acctSessionId: known.acctSessionId,
    userName: known.userName,
    userId: known.userId,
    framedIp: newest(known.framedIp, record.framedIp, isNewer),
    framedIpv6Prefix: newest(known.framedIpv6Prefix, record.framedIpv6Prefix, isNewer),
    delegatedIpv6Prefix: newest(known.delegatedIpv6Prefix, record.delegatedIpv6Prefix, isNewer),
    callingStationId: newest(known.callingStationId, record.callingStationId, isNewer),
    calledStationId: newest(known.calledStationId, record.calledStationId, isNewer),
    port: newest(known.port, record.port, isNewer),
    multiSessionId: newest(known.multiSessionId, record.multiSessionId, isNewer),
    class: newest(known.class, record.class, isNewer),
    plan: known.plan,
    planTold: known.planTold ?? '',
    interimInterval: record.interimInterval > 0 && isNewer ? record.interimInterval : known.interimInterval,
    startedAt: Math.min(known.startedAt, began),
    updatedAt: isNewer ? record.at : known.updatedAt,
    endedAt: known.endedAt,
    terminateCause: known.terminateCause,
    inferred: known.inferred,
    inputOctets: input.octets,
    outputOctets: output.octets,
    sessionTime: Math.max(known.sessionTime, record.sessionTime),
    inputBase: input.base,
    outputBase: output.base,
    gigawords,
    fields: known.fields,
  };
}

/** Whether the record tells of a later moment than all before: by the clock of the NAS, or by how long the session lasts. */
function isLater(known: Session, record: AccountingRecord): boolean {
  return record.timestamped ? record.at > known.updatedAt : record.sessionTime > known.sessionTime;
}

interface Counting {
  readonly total: number;
  readonly base: number;
  readonly said: number;
  readonly later: boolean;
  readonly canWrap: boolean;
}

const wrap = 2 ** 32;
/** From here on a counter of 32 bits is rather full than set back to nothing. */
const nearlyFull = 0.75 * wrap;

/**
 * A counter that is less at a later moment began again, and the sum goes on; what is late never takes back or adds again. One of 32 bits
 * that was nearly full has run over: the box had counted up to 2^32 in between.
 */
function counted({ total, base, said, later, canWrap }: Counting): { readonly octets: number; readonly base: number } {
  const before = total - base;
  if (later && said < before) {
    const begin = canWrap && before >= nearlyFull && before < wrap ? base + wrap : total;
    return { octets: begin + said, base: begin };
  }
  if (!later && base > 0) return { octets: total, base };
  return { octets: Math.max(total, base + said), base };
}

/** The first Stop counts; what the box itself says of the cause counts more than what its reboot let us conclude. */
function stopped(session: Session, record: AccountingRecord): Session {
  const { endedAt, inferred } = session;
  const said = { terminateCause: record.terminateCause, inferred: '' } as const;
  if (endedAt === 0) return { ...session, ...said, endedAt: record.at };
  // We gave it up at its last update; now its box says when it truly ended.
  if (inferred === 'stale' || inferred === 'missing')
    return { ...session, ...said, endedAt: Math.max(endedAt, record.at) };
  return { ...session, ...(inferred === '' ? {} : said), endedAt: Math.min(endedAt, record.at) };
}

function newest(known: string, said: string, isNewer: boolean): string {
  return said !== '' && (isNewer || known === '') ? said : known;
}

/** Whether nothing but times of updates and counters differs. */
export function isSameButCounters(a: Session, b: Session): boolean {
  return (
    a.endedAt === b.endedAt &&
    a.startedAt === b.startedAt &&
    a.terminateCause === b.terminateCause &&
    a.inferred === b.inferred &&
    a.userName === b.userName &&
    a.userId === b.userId &&
    a.framedIp === b.framedIp &&
    a.framedIpv6Prefix === b.framedIpv6Prefix &&
    a.delegatedIpv6Prefix === b.delegatedIpv6Prefix &&
    a.callingStationId === b.callingStationId &&
    a.calledStationId === b.calledStationId &&
    a.port === b.port &&
    a.multiSessionId === b.multiSessionId &&
    a.class === b.class &&
    a.plan === b.plan &&
    a.planTold === b.planTold &&
    a.gigawords === b.gigawords &&
    a.interimInterval === b.interimInterval &&
    a.nasIp === b.nasIp &&
    a.nasIdentifier === b.nasIdentifier &&
    a.fields === b.fields
  );
}

function isSame(a: Session, b: Session): boolean {
  return (
    a.updatedAt === b.updatedAt &&
    a.inputOctets === b.inputOctets &&
    a.outputOctets === b.outputOctets &&
    a.sessionTime === b.sessionTime &&
    isSameButCounters(a, b)
  );
}

function isCompatible(a: string, b: string): boolean {
  return a === '' || b === '' || a === b;
}

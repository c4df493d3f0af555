// An event of CGRateS's session calls as the accounting record that a box would have sent.

import type { AccountingRecord } from '../ingest/accounting.ts';
import { parseDuration } from '../model/duration.ts';
import { knownCauses } from '../sessions/causes.ts';
import { missing, RpcError } from './rpc-error.ts';

export type EventFields = Readonly<Record<string, unknown>>;

interface Reading {
  readonly event: EventFields;
  readonly status: 'start' | 'interim' | 'stop';
  /** The profile of the box with this address. */
  readonly nasOf: (address: string) => string | undefined;
  readonly now: number;
}

export function recordOf({ event, status, nasOf, now }: Reading): AccountingRecord {
  const text = (...names: readonly string[]): string =>
    String(names.map((name) => event[name]).find((one) => one !== undefined && one !== '') ?? '');
  const absent = ['OriginID', 'OriginHost'].filter((name) => text(name) === '');
  if (absent.length > 0) throw missing(...absent);
  const nasIp = text('OriginHost');
  const nas = nasOf(nasIp);
  if (nas === undefined)
    throw new RpcError(`NOT_FOUND: no NAS profile has the address ${nasIp.slice(0, 100)} (OriginHost)`);
  const said = Date.parse(
    text('Event-Timestamp', 'EventTimestamp', ...(status === 'start' ? ['AnswerTime', 'SetupTime'] : [])),
  );
  const began = Date.parse(text('AnswerTime', 'SetupTime'));
  const usage = secondsOf(event['Usage'] ?? event['TotalUsage']);
  // Usage says when it was when nothing else does; a CDR can come long after.
  const counted = usage > 0 && Number.isFinite(began) && status === 'stop' ? began + usage * 1_000 : now;
  const at = Number.isFinite(said) ? said : counted;
  return {
    nas,
    status,
    acctSessionId: text('OriginID'),
    userName: text('Account', 'Subject', 'User-Name'),
    framedIp: text('FramedIP', 'AllocatedIP', 'Framed-IP-Address'),
    framedIpv6Prefix: text('FramedIPv6Prefix', 'Framed-IPv6-Prefix'),
    delegatedIpv6Prefix: text('DelegatedIPv6Prefix', 'Delegated-IPv6-Prefix'),
    callingStationId: text('CallingStationID', 'Calling-Station-Id'),
    calledStationId: text('Destination', 'Called-Station-Id'),
    port: text('NASPortID', 'NAS-Port-Id', 'NAS-Port'),
    multiSessionId: text('AcctMultiSessionID', 'Acct-Multi-Session-Id'),
    class: '',
    interimInterval: 0,
    nasIp,
    nasIdentifier: text('NASIdentifier', 'NAS-Identifier'),
    at,
    timestamped: Number.isFinite(said),
    sessionTime: usage || (Number.isFinite(began) ? Math.max(0, Math.round((at - began) / 1_000)) : 0),
    inputOctets: countOf(event['InputOctets'] ?? event['Acct-Input-Octets']),
    outputOctets: countOf(event['OutputOctets'] ?? event['Acct-Output-Octets']),
    // Their counters are whole numbers of any size.
    gigawords: true,
    terminateCause: status === 'stop' ? causeNumber(text('DisconnectCause', 'Acct-Terminate-Cause')) : 0,
  };
}

/** A bare number is nanoseconds, as CGRateS has it; else `1m30s`. */
function secondsOf(usage: unknown): number {
  if (typeof usage === 'number' || (typeof usage === 'string' && /^\d+$/.test(usage)))
    return Math.floor(Number(usage) / 1e9);
  return typeof usage === 'string' ? Math.floor((parseDuration(usage) ?? 0) / 1_000) : 0;
}

function countOf(value: unknown): number {
  const count = Number(value ?? 0);
  return Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

function causeNumber(cause: string): number {
  if (/^\d{1,3}$/.test(cause)) return Number(cause);
  return knownCauses.findIndex(({ name }) => name.toLowerCase() === cause.toLowerCase()) + 1;
}

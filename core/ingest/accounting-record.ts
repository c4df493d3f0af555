// From the bytes of an Accounting-Request to an AccountingRecord: RFC 2866 section 5, RFC 2869 sections 5.1 to 5.3, RFC 3162, RFC 4818, RFC 6911.
import type { AccountingRecord } from './accounting.ts';
import { address6Text, addressText, integer, prefixText, text } from './accounting-values.ts';

export interface AccountingPacket {
  /** Verified: its length field and its authenticator hold. */
  readonly datagram: Buffer;
  readonly nas: string;
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
}

/** `ignored` is to be acknowledged and forgotten: a status that is none of ours, or a session without an id. */
export type Reading = AccountingRecord | 'ignored' | 'attribute';

const type = {
  userName: 1,
  nasIp: 4,
  nasPort: 5,
  framedIp: 8,
  class: 25,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  status: 40,
  delayTime: 41,
  inputOctets: 42,
  outputOctets: 43,
  sessionId: 44,
  sessionTime: 46,
  terminateCause: 49,
  multiSessionId: 50,
  inputGigawords: 52,
  outputGigawords: 53,
  eventTimestamp: 55,
  interimInterval: 85,
  nasPortId: 87,
  framedIpv6Prefix: 97,
  delegatedIpv6Prefix: 123,
  framedIpv6Address: 168,
} as const;

const statuses: readonly (AccountingRecord['status'] | undefined)[] = [
  undefined,
  'start',
  'stop',
  'interim',
  undefined,
  undefined,
  undefined,
  'on',
  'off',
];

// A box whose clock was never set must not date sessions; a spool that is played late may be weeks old.
const oldest = 30 * 86_400_000;
const mostAhead = 600_000;
const gigaword = 2 ** 32;

/** Of any bytes whatever: nothing is verified yet, and nothing is to be spent on it. */
export function isInterim(datagram: Buffer): boolean {
  for (let at = 20; at + 6 <= datagram.length; ) {
    if (datagram[at] === type.status) return statuses[integer(datagram, at + 2, at + 6)] === 'interim';
    const size = datagram[at + 1] as number;
    if (size < 2) return false;
    at += size;
  }
  return false;
}

/** Walks the packet once and decodes only what sessions need: this runs for every packet. Never throws. */
export function readAccounting({ datagram, nas, arrivedAt }: AccountingPacket): Reading {
  const length = datagram.readUInt16BE(2);
  let status: AccountingRecord['status'] | undefined;
  let acctSessionId = '';
  let userName = '';
  let framedIp = '';
  let framedIpv6Prefix = '';
  let delegatedIpv6Prefix = '';
  let framedIpv6Address = '';
  let callingStationId = '';
  let calledStationId = '';
  let nasPort = '';
  let nasPortId = '';
  let multiSessionId = '';
  let classes = '';
  let interimInterval = 0;
  let nasIp = '';
  let nasIdentifier = '';
  let timestamp = 0;
  let delay = 0;
  let sessionTime = 0;
  let inputOctets = 0;
  let outputOctets = 0;
  let inputGigawords = 0;
  let outputGigawords = 0;
  let gigawords = false;
  let terminateCause = 0;

  for (let at = 20; at < length; ) {
    const end = at + (at + 1 < length ? (datagram[at + 1] as number) : 0);
    if (end < at + 2 || end > length) return 'attribute';
    const start = at + 2;
    switch (datagram[at]) {
      case type.userName:
        userName = text(datagram, start, end);
        break;
      case type.nasIp:
        nasIp = addressText(datagram, start, end);
        break;
      case type.framedIp:
        framedIp = addressText(datagram, start, end);
        break;
      case type.callingStationId:
        callingStationId = text(datagram, start, end);
        break;
      case type.calledStationId:
        calledStationId = text(datagram, start, end);
        break;
      case type.nasPort:
        if (end - start === 4) nasPort = String(integer(datagram, start, end));
        break;
      case type.nasPortId:
        nasPortId = text(datagram, start, end);
        break;
      case type.multiSessionId:
        multiSessionId = text(datagram, start, end);
        break;
      case type.class:
        classes += (classes === '' ? '' : ' ') + datagram.toString('hex', start, end);
        break;
      case type.interimInterval:
        interimInterval = integer(datagram, start, end);
        break;
      case type.nasIdentifier:
        nasIdentifier = text(datagram, start, end);
        break;
      case type.status:
        status = statuses[integer(datagram, start, end)];
        break;
      case type.delayTime:
        delay = integer(datagram, start, end);
        break;
      case type.inputOctets:
        inputOctets = integer(datagram, start, end);
        break;
      case type.outputOctets:
        outputOctets = integer(datagram, start, end);
        break;
      case type.sessionId:
        acctSessionId = text(datagram, start, end);
        break;
      case type.sessionTime:
        sessionTime = integer(datagram, start, end);
        break;
      case type.terminateCause:
        terminateCause = integer(datagram, start, end);
        break;
      case type.inputGigawords:
        inputGigawords = integer(datagram, start, end);
        gigawords = true;
        break;
      case type.outputGigawords:
        outputGigawords = integer(datagram, start, end);
        gigawords = true;
        break;
      case type.eventTimestamp:
        timestamp = integer(datagram, start, end) * 1000;
        break;
      case type.framedIpv6Prefix:
        framedIpv6Prefix = prefixText(datagram, start, end);
        break;
      case type.delegatedIpv6Prefix:
        delegatedIpv6Prefix = prefixText(datagram, start, end);
        break;
      case type.framedIpv6Address:
        framedIpv6Address = address6Text(datagram, start, end);
        break;
    }
    at = end;
  }

  if (status === undefined) return 'ignored';
  if (acctSessionId === '' && status !== 'on' && status !== 'off') return 'ignored';
  const timestamped = timestamp > arrivedAt - oldest && timestamp < arrivedAt + mostAhead;
  return {
    nas,
    status,
    acctSessionId,
    userName,
    framedIp,
    // One address is a prefix of 128 bits. Where a box says both, the prefix is what the subscriber is found by.
    framedIpv6Prefix: framedIpv6Prefix || (framedIpv6Address && `${framedIpv6Address}/128`),
    delegatedIpv6Prefix,
    callingStationId,
    calledStationId,
    port: nasPortId || nasPort,
    multiSessionId,
    class: classes,
    interimInterval,
    nasIp,
    nasIdentifier,
    at: timestamped ? timestamp : arrivedAt - Math.min(delay * 1000, oldest),
    timestamped,
    sessionTime,
    inputOctets: inputGigawords * gigaword + inputOctets,
    outputOctets: outputGigawords * gigaword + outputOctets,
    gigawords,
    terminateCause,
  };
}

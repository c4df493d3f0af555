// What makes a session itself: the box, the id that it gave, the user; and when it began, since boxes give ids again.
import { hash } from 'node:crypto';
import type { AccountingRecord } from '../ingest/accounting.ts';

const separator = '|';

/** Without a User-Name (addresses handed out by DHCP) the line's own address stands for it. */
export function identityOf(record: AccountingRecord): string {
  return `${record.nas}${separator}${record.acctSessionId}${separator}${record.userName || record.callingStationId}`;
}

/** Seconds have ten digits until the year 2286, so that texts sort as times do. */
export function keyOf(identity: string, startedAt: number): string {
  return `${identity}${separator}${Math.floor(startedAt / 1000)}`;
}

export function identityOfKey(key: string): string {
  return key.slice(0, key.lastIndexOf(separator));
}

/** All keys of an identity begin so. */
export function keyPrefixOf(identity: string): string {
  return identity + separator;
}

/** Eighty bits are enough for billions of sessions, and short enough to be read out on the telephone. */
export function idOf(key: string): string {
  return hash('sha256', key).slice(0, 20);
}

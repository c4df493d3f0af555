// An accounting record for tests: a subscriber's first minute, changed where the test says so.
import type { AccountingRecord } from '#core/ingest/accounting.ts';

export const noon = Date.UTC(2026, 10, 21, 12);

export function accountingRecord(change: Partial<AccountingRecord> = {}): AccountingRecord {
  return {
    nas: 'bras-1',
    status: 'start',
    acctSessionId: '81000001',
    userName: 'Иванов',
    framedIp: '10.1.2.3',
    framedIpv6Prefix: '',
    delegatedIpv6Prefix: '',
    callingStationId: 'AA:BB:CC:00:00:01',
    calledStationId: '',
    port: '',
    multiSessionId: '',
    class: '',
    interimInterval: 0,
    nasIp: '10.0.0.1',
    nasIdentifier: 'bras-1',
    at: noon,
    timestamped: true,
    sessionTime: 0,
    inputOctets: 0,
    outputOctets: 0,
    gigawords: false,
    terminateCause: 0,
    ...change,
  };
}

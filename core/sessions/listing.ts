// A session as a box lists it, made into a record: what the box knows and we do not is kept, what both know is fresh again.
import type { AccountingRecord } from '../ingest/accounting.ts';
import type { Session } from '../model/session.ts';
import type { ListedSession } from './book.ts';
import { identityOf } from './identity.ts';
import { wasGivenUp } from './rules.ts';
import type { Entry, SessionTable } from './table.ts';

export interface ListingOptions {
  readonly table: SessionTable;
  readonly take: (record: AccountingRecord) => Promise<void>;
  readonly now: () => number;
}

export function createListing({ table, take, now }: ListingOptions) {
  /** Boxes do not list all that their accounting says: what is said must not differ. */
  function knownOf(nas: string, listed: ListedSession): Entry | undefined {
    const exact = table.find(identityOf(recordOf(nas, listed, now())));
    if (exact !== undefined && (exact.session.endedAt === 0 || wasGivenUp(exact.session))) return exact;
    const { acctSessionId, userName, framedIp } = listed;
    const near = [...table.liveBy('login', userName), ...table.liveBy('session_id', acctSessionId)];
    return near.find(
      ({ session }) =>
        session.nas === nas &&
        agrees(session.acctSessionId, acctSessionId) &&
        agrees(session.userName, userName) &&
        agrees(session.framedIp, framedIp),
    );
  }

  return async (nas: string, listed: ListedSession): Promise<Session> => {
    const known = knownOf(nas, listed);
    const record = known === undefined ? recordOf(nas, listed, now()) : refreshing(known.session, listed, now());
    await take(record);
    const entry = table.find(known?.identity ?? identityOf(record));
    if (entry === undefined) throw new Error('an adopted session is in the table');
    return entry.session;
  };
}

function recordOf(nas: string, listed: ListedSession, at: number): AccountingRecord {
  const { acctSessionId, userName, framedIp, callingStationId, uptime } = listed;
  return {
    nas,
    status: 'interim',
    // A box that lists none still tells its sessions apart.
    acctSessionId: acctSessionId || `~${framedIp || callingStationId || userName}`,
    userName,
    framedIp,
    framedIpv6Prefix: '',
    delegatedIpv6Prefix: '',
    callingStationId,
    calledStationId: '',
    port: '',
    multiSessionId: '',
    class: '',
    interimInterval: 0,
    nasIp: '',
    nasIdentifier: '',
    at,
    timestamped: true,
    sessionTime: uptime,
    inputOctets: 0,
    outputOctets: 0,
    gigawords: false,
    terminateCause: 0,
  };
}

/** Counters as they are: a list says nothing of them. Its start, too: an uptime in whole seconds would move it each time. */
function refreshing(known: Session, listed: ListedSession, now: number): AccountingRecord {
  return {
    ...recordOf(known.nas, listed, Math.max(now, known.updatedAt + 1)),
    acctSessionId: known.acctSessionId,
    userName: known.userName,
    callingStationId: known.userName === '' ? known.callingStationId : listed.callingStationId,
    sessionTime: 0,
    inputOctets: known.inputOctets - (known.inputBase ?? 0),
    outputOctets: known.outputOctets - (known.outputBase ?? 0),
  };
}

function agrees(known: string, listed: string): boolean {
  return known === '' || listed === '' || known === listed;
}

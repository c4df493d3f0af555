// What a box's list says about our sessions of it: pure; nobody is closed here, and nobody who came while the box was listing.
import type { Session } from '../model/session.ts';
import type { ListedSession } from './book.ts';

export interface PlanInput {
  /** Our live sessions of this box as they were before it was asked. */
  readonly before: readonly Session[];
  readonly listed: readonly ListedSession[];
  /** Ids that the listing before did not have either. */
  readonly missingBefore: ReadonlySet<string>;
  /** Milliseconds since 1970: when the box was asked. */
  readonly askedAt: number;
  readonly graceMs: number;
  /** Share of `before` that may be closed, 0 to 1. */
  readonly mostClosed: number;
}

export interface Plan {
  /** Not listed; they are closed when the next listing has not got them either. */
  readonly missing: ReadonlySet<string>;
  /** Not listed twice, and without a recent update. */
  readonly overdue: number;
  /** Those, or none when they are more than may be closed at once. */
  readonly close: readonly Session[];
  readonly known: readonly { readonly session: Session; readonly listed: ListedSession }[];
  readonly unknown: readonly ListedSession[];
}

export function planReconcile(input: PlanInput): Plan {
  const { before, listed, missingBefore, askedAt, graceMs, mostClosed } = input;
  const rows = createRows(listed);
  const known: { session: Session; listed: ListedSession }[] = [];
  const absent: Session[] = [];
  // By its id first, for all: else a row without one could be taken by a session that has its own row.
  for (const session of before) {
    const row = rows.takeById(session);
    if (row === undefined) absent.push(session);
    else known.push({ session, listed: row });
  }
  const missing = new Set<string>();
  const overdue: Session[] = [];
  for (const session of absent) {
    const row = rows.takeByUser(session);
    if (row !== undefined) {
      known.push({ session, listed: row });
      continue;
    }
    if (!rows.tells(session)) continue;
    missing.add(session.id);
    if (missingBefore.has(session.id) && askedAt - session.updatedAt >= graceMs) overdue.push(session);
  }
  const tooMany = overdue.length > mostOf(before.length, mostClosed);
  return { missing, overdue: overdue.length, close: tooMany ? [] : overdue, known, unknown: rows.left() };
}

/** One may always go: of a box with three subscribers nobody would ever be closed. Not when the share is 0. */
function mostOf(live: number, share: number): number {
  return share === 0 ? 0 : Math.max(1, Math.floor(live * share));
}

function createRows(listed: readonly ListedSession[]) {
  const byId = new Map<string, ListedSession>();
  const withoutId = new Map<string, ListedSession[]>();
  /** Of rows with neither id nor name: by address, or else by station. */
  const nameless = new Map<string, ListedSession>();
  const left = new Set<ListedSession>(listed);
  for (const row of listed) {
    if (row.acctSessionId !== '') byId.set(idOf(row.acctSessionId), row);
    else if (row.userName === '') nameless.set(row.framedIp || macOf(row), row);
    else withoutId.set(row.userName, [...(withoutId.get(row.userName) ?? []), row]);
  }
  const listsAddresses = [...nameless.values()].some(({ framedIp }) => framedIp !== '');
  return {
    takeById(session: Session): ListedSession | undefined {
      const row = byId.get(idOf(session.acctSessionId));
      if (row === undefined || !isSameUser(session, row)) return undefined;
      left.delete(row);
      return row;
    },
    takeByUser(session: Session): ListedSession | undefined {
      const isIts = (one: ListedSession) => left.has(one) && isSamePlace(session, one);
      const places = [session.framedIp, macOf(session)].filter((place) => place !== '');
      const row =
        withoutId.get(session.userName)?.find(isIts) ??
        places.flatMap((place) => nameless.get(place) ?? []).find(isIts);
      if (row !== undefined) left.delete(row);
      return row;
    },
    /** Not of one whose address we do not know, when a row says nothing but an address. */
    tells: ({ framedIp }: Session) => framedIp !== '' || !listsAddresses,
    left: () => [...left],
  };
}

/** Boxes print one number in different ways, `0081A0` and `81a0`. */
function idOf(acctSessionId: string): string {
  return acctSessionId.toLowerCase().replace(/^0+(?=.)/, '');
}

/** Ids come again after a reboot, with another user. */
function isSameUser(session: Session, row: ListedSession): boolean {
  return session.userName === '' || row.userName === '' || session.userName === row.userName;
}

/** Without an id the address must not say otherwise. */
function isSamePlace(session: Session, row: ListedSession): boolean {
  const isSame = (ours: string, theirs: string) => ours === '' || theirs === '' || ours === theirs;
  return isSame(session.framedIp, row.framedIp) && isSame(macOf(session), macOf(row));
}

function macOf({ callingStationId }: Pick<Session, 'callingStationId'>): string {
  return callingStationId.toLowerCase().replaceAll(/[:.-]/g, '');
}

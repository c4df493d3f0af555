// The session stage: takes accounting records, keeps sessions, tells who came and went; a record is done when all of it is on disk.
import type { AccountingRecord, AccountingSink } from '../ingest/accounting.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import { createTurns } from '../model/turns.ts';
import type { Store } from '../store/store.ts';
import { createSessionAccounts, type SessionDirectory, type SessionsLog } from './accounts.ts';
import type { SessionBook, SessionTransition } from './book.ts';
import { createFields, variablesAmong } from './fields.ts';
import { createFollowing } from './follow-accounts.ts';
import { identityOf, identityOfKey, keyPrefixOf } from './identity.ts';
import { createListing } from './listing.ts';
import { createBook } from './open-book.ts';
import { apply, beginOf, endedByReboot, givenUp, isOfBox, isRestart } from './rules.ts';
import { createStale, lostUpdates } from './stale.ts';
import { createTable, type Entry, type Owed } from './table.ts';
import { createSessionWriter } from './writer.ts';

export interface SessionSettings {
  /** Milliseconds without an update after which a session is given up; 0 = never. */
  readonly sessionTtl: number;
  readonly sessionTtlMaxDelay: number;
  readonly sessionIndexes: readonly string[];
  readonly alterableFields: readonly string[];
  /** The account's variable that says its tariff. */
  readonly planVariable: string;
  /** A Start of the same user on the same port ends the session that was there. */
  readonly replaceOnSamePort: boolean;
}

export const defaultSettings: SessionSettings = {
  sessionTtl: 3_600_000,
  sessionTtlMaxDelay: 60_000,
  sessionIndexes: [],
  alterableFields: [],
  planVariable: 'tariff',
  replaceOnSamePort: true,
};

export interface SessionsOptions {
  readonly store: Pick<
    Store,
    'write' | 'openSessions' | 'lastSession' | 'cdrs' | 'account' | 'accountByLogin' | 'accountsByAddress'
  >;
  readonly ingest: Pick<Ingest, 'submitSession'>;
  readonly directory: SessionDirectory;
  readonly log: SessionsLog;
  readonly settings?: Partial<SessionSettings>;
  readonly now?: () => number;
  /** Closed sessions that late records find without asking the store. */
  readonly maxClosed?: number;
  /** A box said that it has begun anew, and its sessions are ended: what it was told before may be gone. */
  readonly onReboot?: (nas: string) => void;
}

export interface Sessions {
  readonly sink: AccountingSink;
  readonly book: SessionBook;
  /** The billing has told these anew: their live sessions follow. */
  follow(accounts: readonly Account[]): Promise<void>;
  /** Milliseconds without an update after which a session counts as gone; Infinity = never. */
  ttlOf(session: Session): number;
  counts(): { readonly live: number; readonly closed: number };
  /** Resolves when all indexes are made; a query that comes sooner makes those that it needs. */
  readonly indexed: Promise<void>;
  close(): void;
}

/** Restores the live sessions from the store before it resolves. */
export async function createSessions(options: SessionsOptions): Promise<Sessions> {
  const { store, directory, now = Date.now, maxClosed = 65_536, onReboot = () => {}, log } = options;
  const settings: SessionSettings = { ...defaultSettings, ...options.settings };
  const fields = createFields(settings.sessionIndexes);
  const table = createTable({ startedAt: now(), maxClosed, fields });
  const writer = createSessionWriter(store);
  const variables = variablesAmong(settings.sessionIndexes);
  const accounts = createSessionAccounts({
    ...options,
    planVariable: settings.planVariable,
    variables,
    alterable: settings.alterableFields,
  });
  const turns = createTurns();
  const asked = new Map<string, Promise<void>>();
  const listeners = new Set<(change: SessionTransition) => void>();
  /** Closed by a reboot, but not yet told and written: the next On or Off tries again. */
  const unfinished = new Map<string, Set<Entry>>();
  const stale = createStale({
    ...settings,
    ttlOfNas: (nas) => directory.sessionTtl?.(nas),
    now,
    onStale(entry) {
      end(entry, givenUp(entry.session, 'stale')).catch((error) => {
        log.warn({ err: error, nas: entry.session.nas }, 'a stale session could not be ended; it is tried again');
        stale.watch(entry, retryMs);
      });
    },
  });

  const restored = (await store.openSessions()).map((session) => entryOf(session, session.updatedAt));
  const indexed = table.load(restored);
  for (const entry of restored) {
    entry.written = entry.session;
    // What its box said while we were away is lost, and the next update comes within one interval.
    stale.watch(entry, graceOf(entry.session));
  }

  function graceOf(session: Session): number {
    const ttl = stale.ttlOf(session);
    return Number.isFinite(ttl) ? ttl / lostUpdates : 0;
  }

  function takeRecord(record: AccountingRecord): Promise<void> {
    const identity = identityOf(record);
    const known = table.find(identity);
    // It may belong to a session that ended before we were started, or so long ago that it is not in memory.
    if (known === undefined && beginOf(record) <= table.forgottenUntil())
      return ask(identity).then(() => take(table.find(identity), record));
    return take(known, record);
  }

  function take(known: Entry | undefined, record: AccountingRecord): Promise<void> {
    if (known !== undefined && isRestart(known.session, record))
      return end(known, givenUp(known.session, 'replaced')).then(() => change(table.find(known.identity), record));
    if (record.status === 'stop' || known?.session.endedAt === 0) return change(known, record);
    const replaced = replacedBy(record);
    if (replaced.length === 0) return change(known, record);
    const ended = replaced.map((entry) => end(entry, givenUp(entry.session, 'replaced')));
    // A copy may have come meanwhile, and made the new one.
    return Promise.all(ended).then(() => change(table.find(identityOf(record)), record));
  }

  /** One line of one subscriber carries one session: what else is on it is gone, and its Stop was lost. */
  function replacedBy(record: AccountingRecord): readonly Entry[] {
    if (!settings.replaceOnSamePort || record.status !== 'start' || record.port === '' || record.userName === '')
      return [];
    return table.liveBy('login', record.userName).filter(
      ({ session }) =>
        session.nas === record.nas &&
        session.port === record.port &&
        session.acctSessionId !== record.acctSessionId &&
        session.startedAt < record.at &&
        // One line can carry several sessions at once, when the box says that they belong together.
        (session.multiSessionId === '' || session.multiSessionId !== record.multiSessionId),
    );
  }

  function change(known: Entry | undefined, record: AccountingRecord): Promise<void> {
    const step = apply(known?.session, record);
    const isNew = step.isNew || known === undefined;
    const entry = isNew ? entryOf(step.session, now()) : known;
    entry.seenAt = now();
    if (isNew) table.keep(entry);
    else if (step.changed) table.change(entry, step.session);
    if (step.changed) entry.dirty = true;
    if (!step.loggedOn && !step.loggedOff) return settle(entry);
    if (entry.session.endedAt === 0) stale.watch(entry);
    if (step.loggedOn) owe(entry, { hook: 'user_auth', at: record.at, ...again(step.recovered, record.at) });
    if (step.loggedOff) owe(entry, { hook: 'user_disconnect', at: record.at });
    const type = step.recovered ? 'recovered' : step.loggedOn ? 'started' : 'stopped';
    return settle(entry).then(() => emit({ type, session: entry.session }));
  }

  /** Ends what its box did not end itself. What cannot be told and made durable is live again, so that it is tried again. */
  async function end(entry: Entry, session: Session): Promise<void> {
    const { terminateCause, inferred } = entry.session;
    table.change(entry, session);
    entry.dirty = true;
    owe(entry, { hook: 'user_disconnect', at: session.endedAt, ...again(true, session.endedAt) });
    try {
      await settle(entry);
    } catch (error) {
      entry.owed = none;
      if (entry.session.endedAt === session.endedAt)
        table.change(entry, { ...entry.session, endedAt: 0, terminateCause, inferred });
      entry.dirty = true;
      throw error;
    }
    emit({ type: 'stopped', session: entry.session });
  }

  function emit(transition: SessionTransition): void {
    for (const listener of listeners) listener(transition);
  }

  function ask(identity: string): Promise<void> {
    const asking = asked.get(identity) ?? recall(identity).finally(() => asked.delete(identity));
    asked.set(identity, asking);
    return asking;
  }

  async function recall(identity: string): Promise<void> {
    const session = await store.lastSession(keyPrefixOf(identity));
    if (session === undefined || identityOfKey(session.key) !== identity) return;
    if (table.find(identity) === undefined) table.keep(entryOf(session, session.updatedAt));
  }

  function owe(entry: Entry, owed: Owed): void {
    const { onStop } = directory.firing(entry.session.nas);
    // The account is looked up at the Start in any case: then it is known whose session ends, and what it is sold.
    const isWanted = owed.hook === 'user_auth' || (onStop && !table.hasOthers(entry));
    if (isWanted) entry.owed = [...entry.owed, owed];
  }

  /** First told, then written: after a crash in between, the NAS repeats the packet and it is told under the same id. */
  function settle(entry: Entry): Promise<void> {
    if (entry.owed.length === 0 && entry.telling === 0) return writer.write(entry);
    entry.telling++;
    return turns.take(userOf(entry.session), async () => {
      try {
        await tellOwed(entry);
      } finally {
        entry.telling--;
      }
      await writer.write(entry);
    });
  }

  async function tellOwed(entry: Entry): Promise<void> {
    for (let owed = entry.owed[0]; owed !== undefined; owed = entry.owed[0]) {
      const account = await accounts.find(entry.session);
      if (account !== undefined) {
        const bound = accounts.bind(entry.session, account);
        if (bound !== entry.session) {
          table.change(entry, bound);
          entry.dirty = true;
        }
        const { onStart } = directory.firing(entry.session.nas);
        if (owed.hook === 'user_disconnect' || onStart) await accounts.tell(account, entry.session, owed);
      }
      entry.owed = entry.owed.slice(1);
    }
  }

  /** One at a time for each box: a copy of an On is done when the sessions that the first one ended are. */
  function takeReboot(record: AccountingRecord): Promise<void> {
    return turns.take(`box ${record.nas}`, async () => {
      const ending = unfinished.get(record.nas) ?? new Set();
      unfinished.set(record.nas, ending);
      for (const entry of table.liveBy('nas', record.nas)) {
        const ended = isOfBox(entry.session, record) ? endedByReboot(entry.session, record.at) : undefined;
        if (ended === undefined) continue;
        table.change(entry, ended);
        entry.dirty = true;
        owe(entry, { hook: 'user_disconnect', at: record.at });
        ending.add(entry);
      }
      const isFirst = ending.size > 0 || record.status === 'on';
      const settled = [...ending].map(async (entry) => {
        await settle(entry);
        ending.delete(entry);
        emit({ type: 'stopped', session: entry.session });
      });
      const failed = (await Promise.allSettled(settled)).find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      unfinished.delete(record.nas);
      if (isFirst) onReboot(record.nas);
    });
  }

  async function keepAltered(entry: Entry, session: Session): Promise<void> {
    table.change(entry, session);
    entry.dirty = true;
    await settle(entry);
  }

  const listing = createListing({ table, take: takeRecord, now });
  return {
    sink: (record) => (record.status === 'on' || record.status === 'off' ? takeReboot(record) : takeRecord(record)),
    book: createBook({
      table,
      store,
      fields,
      alterable: settings.alterableFields,
      end: (entry, { reason, at }) => end(entry, givenUp(entry.session, reason, at)),
      alter: keepAltered,
      adopt: listing,
      listeners,
    }),
    follow: createFollowing({ table, store, accounts, keep: keepAltered, log }),
    ttlOf: stale.ttlOf,
    counts: table.counts,
    indexed,
    close: stale.close,
  };
}

function entryOf(session: Session, seenAt: number): Entry {
  return {
    identity: identityOfKey(session.key),
    session,
    written: null,
    dirty: false,
    writing: null,
    owed: none,
    telling: 0,
    seenAt,
  };
}

const none: readonly Owed[] = [];
const retryMs = 60_000;

function again(isAgain: boolean, at: number): { again?: string } {
  return isAgain ? { again: String(at) } : {};
}

/** Whose events must stay in order: a Stop and the Start that follows. */
function userOf(session: Session): string {
  return `user ${session.userName || session.callingStationId}`;
}

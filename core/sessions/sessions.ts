// The session stage: takes accounting records, keeps sessions, tells who came and went; a record is done when all of it is on disk.
import type { AccountingRecord, AccountingSink } from '../ingest/accounting.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';
import { createSessionAccounts, type SessionDirectory, type SessionsLog } from './accounts.ts';
import { identityOf, identityOfKey, keyPrefixOf } from './identity.ts';
import { apply, beginOf, endedByReboot, isOfBox } from './rules.ts';
import { createTable, type Entry, type Owed } from './table.ts';
import { createTurns } from './turns.ts';
import { createSessionWriter } from './writer.ts';

export interface SessionsOptions {
  readonly store: Pick<
    Store,
    'write' | 'openSessions' | 'lastSession' | 'account' | 'accountByLogin' | 'accountsByAddress'
  >;
  readonly ingest: Pick<Ingest, 'submitSession'>;
  readonly directory: SessionDirectory;
  readonly log: SessionsLog;
  readonly now?: () => number;
  /** Closed sessions that late records find without asking the store. */
  readonly maxClosed?: number;
}

export interface Sessions {
  readonly sink: AccountingSink;
  counts(): { readonly live: number; readonly closed: number };
}

/** Restores the live sessions from the store before it resolves. */
export async function createSessions(options: SessionsOptions): Promise<Sessions> {
  const { store, directory, now = Date.now, maxClosed = 65_536 } = options;
  const table = createTable({ startedAt: now(), maxClosed });
  const writer = createSessionWriter(store);
  const accounts = createSessionAccounts(options);
  const turns = createTurns();
  const asked = new Map<string, Promise<void>>();
  /** Closed by a reboot, but not yet told and written: the next On or Off tries again. */
  const unfinished = new Map<string, Set<Entry>>();

  for (const session of await store.openSessions()) table.keep(entryOf(session));

  function takeRecord(record: AccountingRecord): Promise<void> {
    const identity = identityOf(record);
    const known = table.find(identity);
    // It may belong to a session that ended before we were started, or so long ago that it is not in memory.
    if (known === undefined && beginOf(record) <= table.forgottenUntil())
      return ask(identity).then(() => change(table.find(identity), record));
    return change(known, record);
  }

  function change(known: Entry | undefined, record: AccountingRecord): Promise<void> {
    const step = apply(known?.session, record);
    const entry = step.isNew || known === undefined ? entryOf(step.session) : known;
    if (step.changed) {
      entry.session = step.session;
      entry.dirty = true;
    }
    if (step.isNew || step.loggedOff) table.keep(entry);
    if (step.loggedOn) owe(entry, { hook: 'user_auth', at: record.at });
    if (step.loggedOff) owe(entry, { hook: 'user_disconnect', at: record.at });
    return settle(entry);
  }

  function ask(identity: string): Promise<void> {
    const asking = asked.get(identity) ?? recall(identity).finally(() => asked.delete(identity));
    asked.set(identity, asking);
    return asking;
  }

  async function recall(identity: string): Promise<void> {
    const session = await store.lastSession(keyPrefixOf(identity));
    if (session === undefined || identityOfKey(session.key) !== identity) return;
    if (table.find(identity) === undefined) table.keep(entryOf(session));
  }

  function owe(entry: Entry, owed: Owed): void {
    const { onStart, onStop } = directory.firing(entry.session.nas);
    // The account is looked up at the Start also when only the Stop is to be told: then it is known whose session ends.
    const isWanted = owed.hook === 'user_auth' ? onStart || onStop : onStop && !table.hasOthers(entry);
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
        const userId = account['user_id'] ?? '';
        if (entry.session.userId === '' && userId !== '') table.bind(entry, userId);
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
      for (const entry of endedBy(record)) {
        table.keep(entry);
        owe(entry, { hook: 'user_disconnect', at: record.at });
        ending.add(entry);
      }
      const settled = [...ending].map(async (entry) => {
        await settle(entry);
        ending.delete(entry);
      });
      const failed = (await Promise.allSettled(settled)).find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      unfinished.delete(record.nas);
    });
  }

  function endedBy(record: AccountingRecord): readonly Entry[] {
    const entries: Entry[] = [];
    for (const entry of table.liveOf(record.nas)) {
      const ended = isOfBox(entry.session, record) ? endedByReboot(entry.session, record.at) : undefined;
      if (ended === undefined) continue;
      entry.session = ended;
      entry.dirty = true;
      entries.push(entry);
    }
    return entries;
  }

  return {
    sink: (record) => (record.status === 'on' || record.status === 'off' ? takeReboot(record) : takeRecord(record)),
    counts: table.counts,
  };
}

const none: readonly Owed[] = [];

function entryOf(session: Session): Entry {
  return {
    identity: identityOfKey(session.key),
    session,
    written: null,
    dirty: false,
    writing: null,
    owed: none,
    telling: 0,
  };
}

/** Whose events must stay in order: a Stop and the Start that follows. */
function userOf(session: Session): string {
  return `user ${session.userName || session.callingStationId}`;
}

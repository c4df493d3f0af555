// Compares our live sessions of a box with those that it lists: closes what it has lost, adopts what we have never heard of.
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Session } from '../model/session.ts';
import type { ListedSession, SessionBook } from './book.ts';
import type { Box, BoxAnswer, Boxes } from './reconcile-boxes.ts';
import { type Plan, planReconcile } from './reconcile-plan.ts';

export interface ReconcileInput {
  readonly boxes: Pick<Boxes, 'get' | 'list'>;
  readonly book: Pick<SessionBook, 'find' | 'get' | 'close' | 'adopt'>;
  readonly log: ReconcileLog;
  readonly onReport: (report: ReconcileReport) => void;
  readonly now?: () => number;
}

export interface ReconcileLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ReconcileReport {
  readonly nas: string;
  /** `stopped`: more were missing than one run may close, so none was closed. The others but `done`: nothing is known, nothing was done. */
  readonly result: 'done' | 'stopped' | 'unreachable' | 'unsupported' | 'failed';
  readonly reason: string;
  /** Live sessions that we knew of before the box was asked. */
  readonly live: number;
  readonly listed: number;
  readonly closed: number;
  readonly adopted: number;
  /** Not listed but not closed: too fresh, not listed for the first time, or too many. */
  readonly missing: number;
  /** Listed without an Acct-Session-Id and unlike any that we know: accounting could never be matched to them. */
  readonly unidentified: number;
}

export interface SyncRequest {
  readonly nas: string;
  /** Closes also when it is a larger share than the profile allows. */
  readonly anyShare?: boolean;
  /** Only says what would be closed and adopted. */
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
}

export interface Reconciler {
  /** One at a time for each box: who asks while it runs gets the same report. Rejects with `not_found`, `conflict` for a refused profile. */
  sync(request: SyncRequest): Promise<ReconcileReport>;
}

interface Adopting {
  readonly plan: Plan;
  readonly askedAt: number;
  readonly graceMs: number;
  readonly dryRun: boolean;
}

const pageSize = 1000;
const atOnce = 64;

export function createReconciler(input: ReconcileInput): Reconciler {
  const { boxes, book, log, onReport, now = Date.now } = input;
  const running = new Map<string, Promise<ReconcileReport>>();
  const missingBefore = new Map<string, ReadonlySet<string>>();

  async function run(nas: Box, { anyShare = false, dryRun = false, signal }: SyncRequest): Promise<ReconcileReport> {
    const before = await liveOf(nas.name);
    const askedAt = now();
    const listing = await nas.listSessions(signal);
    if (signal.aborted) throw new OssiaError('aborted', 'The comparison was called off.');
    if (listing.type !== 'listed') return unknown(nas.name, listing, before.length);
    const { sync } = nas.profile;
    const plan = planReconcile({
      before,
      listed: listing.sessions,
      missingBefore: missingBefore.get(nas.name) ?? new Set(),
      askedAt,
      graceMs: sync.graceMs,
      mostClosed: anyShare ? 1 : sync.mostClosed,
    });
    if (!dryRun) missingBefore.set(nas.name, plan.missing);
    const closed = dryRun ? plan.close.length : await closeAll(plan);
    const adopted = await adoptAll(nas.name, { plan, askedAt, graceMs: sync.graceMs, dryRun });
    const stopped = plan.overdue > plan.close.length;
    const share = `${Math.round(sync.mostClosed * 100)} %`;
    return {
      nas: nas.name,
      result: stopped ? 'stopped' : 'done',
      reason: stopped
        ? `${plan.overdue} of ${before.length} live sessions are gone from the box's list; one run closes at most ${share}, so none was closed.`
        : '',
      live: before.length,
      listed: listing.sessions.length,
      closed,
      adopted,
      missing: plan.missing.size - closed,
      unidentified: plan.unknown.filter(({ acctSessionId }) => acctSessionId === '').length,
    };
  }

  async function liveOf(nas: string): Promise<Session[]> {
    const sessions: Session[] = [];
    const conditions = [{ field: 'nas', op: 'eq', value: nas }] as const;
    let cursor: string | undefined;
    do {
      const page = await book.find({ conditions, limit: pageSize, ...(cursor !== undefined && { cursor }) });
      sessions.push(...page.sessions);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return sessions;
  }

  async function closeAll({ close }: Plan): Promise<number> {
    return countOf(close, async (session) => {
      const current = await book.get(session.id);
      // A packet came while the box was listing: it lives, or its own Stop has closed it.
      if (current === undefined || current.endedAt !== 0 || current.updatedAt !== session.updatedAt) return false;
      return (await book.close(session.id, { reason: 'missing', at: now() })) !== undefined;
    });
  }

  /** Those that we know too: to be listed is a sign of life. */
  async function adoptAll(nas: string, from: Adopting): Promise<number> {
    const { plan, askedAt, graceMs, dryRun } = from;
    await countOf(dryRun ? [] : plan.known, async ({ session, listed }) => {
      const current = await book.get(session.id);
      if (current === undefined || current.endedAt !== 0) return false;
      await book.adopt(nas, { ...listed, acctSessionId: session.acctSessionId });
      return true;
    });
    return countOf(plan.unknown, async (listed) => {
      if (listed.acctSessionId === '' || (await hasStart(nas, { listed, since: askedAt - graceMs }))) return false;
      if (!dryRun) await book.adopt(nas, listed);
      return true;
    });
  }

  /** Its Start, or its Stop, came while the box was listing: the list is older than what we know. */
  async function hasStart(nas: string, { listed, since }: { listed: ListedSession; since: number }): Promise<boolean> {
    const conditions = [
      { field: 'nas', op: 'eq', value: nas },
      { field: 'session_id', op: 'eq', value: listed.acctSessionId },
    ] as const;
    const { sessions } = await book.find({ conditions, state: 'any', limit: 20 });
    return sessions.some(({ endedAt, inferred }) => endedAt === 0 || (inferred === '' && endedAt >= since));
  }

  function unknown(nas: string, listing: Exclude<BoxAnswer, { type: 'listed' }>, live: number): ReconcileReport {
    const counts = { listed: 0, closed: 0, adopted: 0, missing: 0, unidentified: 0 };
    return { nas, result: listing.type, reason: listing.reason, live, ...counts };
  }

  function told(report: ReconcileReport): ReconcileReport {
    const { nas, result, reason, ...counts } = report;
    const level = result === 'done' || result === 'unsupported' ? 'info' : 'warn';
    log[level](
      { nas, result, ...counts },
      `sessions compared with the box: ${result}${reason === '' ? '' : `: ${reason}`}`,
    );
    onReport(report);
    return report;
  }

  return {
    sync(request) {
      const nas = boxes.get(request.nas);
      if (nas === undefined) return Promise.reject(missing(request.nas));
      if (request.dryRun) return run(nas, request);
      const before = running.get(nas.name);
      if (before !== undefined) return before;
      const report = run(nas, request)
        .then(told, (error: unknown) => {
          log.warn({ nas: nas.name, err: toOssiaError(error) }, 'sessions could not be compared with the box');
          throw error;
        })
        .finally(() => running.delete(nas.name));
      running.set(nas.name, report);
      return report;
    },
  };

  function missing(name: string): OssiaError {
    const isRefused = boxes.list().some((status) => status.name === name);
    return isRefused
      ? new OssiaError('conflict', `The profile ${name} is refused, so its box cannot be asked.`)
      : new OssiaError('not_found', `There is no NAS profile ${name}.`);
  }
}

/** How many of them it was true for; a bounded number at a time. */
async function countOf<Item>(items: readonly Item[], change: (item: Item) => Promise<boolean>): Promise<number> {
  let count = 0;
  for (let at = 0; at < items.length; at += atOnce) {
    const changed = await Promise.all(items.slice(at, at + atOnce).map(change));
    count += changed.filter(Boolean).length;
  }
  return count;
}

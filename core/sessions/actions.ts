// Ends and changes sessions: each through a hook of its box's plugin as a job of the journal, and the answer is what truly came of it.
import { randomUUID } from 'node:crypto';
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';
import { createJobFollower, type FollowOptions } from './actions-follow.ts';
import { accountOf, type BoxMatch, hookAccount } from './actions-hook.ts';
import { type ActionOutcome, outcomeOf, wordsOf } from './actions-outcome.ts';
import { watchEnds } from './actions-stop.ts';
import type { SessionBook } from './book.ts';

export interface ActionsOptions extends Omit<FollowOptions, 'job'> {
  readonly book: Pick<SessionBook, 'get' | 'close' | 'alter' | 'onChange'>;
  readonly ingest: Pick<Ingest, 'submit'>;
  readonly store: Pick<Store, 'account' | 'accountByLogin' | 'job' | 'journal' | 'write'>;
  /** How the billing names the box of this profile; undefined when no such profile is in force. */
  readonly matchOf: (nas: string) => BoxMatch | undefined;
  /** Sessions that are acted on at once, over all boxes. */
  readonly concurrency?: number;
}

/** Who wants it, why, and how long the answer may take. */
export interface Order {
  readonly by: string;
  readonly reason: string;
  /** Milliseconds. */
  readonly wait: number;
}

interface Due extends Order {
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface Change {
  readonly hook: string;
  readonly variables: Account;
}

export interface ActionResult {
  /** As it stands now. */
  readonly session: Session;
  readonly outcome: ActionOutcome;
  /** Its Stop came, or its box has it no longer. */
  readonly ended: boolean;
  readonly job: string | null;
  /** Why it is so: the box's own words where it said something. */
  readonly reason: string;
  readonly said: string;
  readonly errorCause: string;
  readonly attempts: number;
}

export interface SessionActions {
  /** One result for each, in their order, whatever became of the others. Never rejects for what a box did. */
  disconnect(sessions: readonly Session[], order: Order): Promise<readonly ActionResult[]>;
  /** Runs the hook on the session's box, if one is given, and then changes the fields of our record. Rejects with `input_invalid` for fields that may not be changed. */
  alter(
    session: Session,
    what: { readonly hook?: Change; readonly fields?: Account },
    order: Order,
  ): Promise<ActionResult>;
  /** What the box would be told for this session, by `disconnect` when there is no `change`; undefined when it could not be told. */
  draftOf(session: Session, change?: Change): Promise<{ readonly hook: string; readonly account: Account } | undefined>;
  close(): void;
}

const ending: Change = { hook: 'user_disconnect', variables: {} };

export function createSessionActions(options: ActionsOptions): SessionActions {
  const { book, ingest, store, matchOf, concurrency = 64 } = options;
  const follower = createJobFollower({ ...options, job: store.job });
  const ends = watchEnds(book);

  async function accountFor(session: Session, { variables }: Change, match: BoxMatch): Promise<Account> {
    const known = await accountOf(session, store);
    return { ...hookAccount({ session, known, match }), ...variables };
  }

  async function run(session: Session, change: Change, order: Due): Promise<ActionResult> {
    const match = matchOf(session.nas);
    if (match === undefined)
      return resultOf(session, 'no_profile', `no profile ${session.nas} is in force, so its box cannot be told`);
    if (match.nas_ip.length + match.nas_id.length === 0)
      return resultOf(
        session,
        'no_profile',
        `profile ${session.nas} has no nas_ip and no nas_id that a job could find it by`,
      );
    const account = await accountFor(session, change, match);
    const event = { id: `operator-${randomUUID()}`, hook: change.hook, account };
    const text = `${change.hook} for session ${session.id} (${session.acctSessionId}), wanted by ${order.by}: ${order.reason}`;
    const [receipt] = await ingest.submit([event], 'operator', { nas: session.nas, text });
    if (receipt?.type === 'failed') return resultOf(session, 'failed', receipt.error.message);
    if (receipt?.type !== 'accepted') {
      const fields = receipt?.fields.map(({ where, problem }) => `${where} ${problem}`) ?? [];
      return resultOf(session, 'rejected', fields.join('; '));
    }
    const [job = ''] = receipt.jobs;
    const followed = await follower.follow(job, order.until);
    return {
      ...resultOf(session, outcomeOf(followed), (followed.failed ?? followed.job).reason),
      ...wordsOf(await store.journal(job)),
      job,
      attempts: followed.job.attempt,
    };
  }

  type Finish = () => Promise<ActionResult>;

  /** Resolves when the box has answered, or in time; what it gives then waits for the Stop. */
  async function tell(session: Session, order: Due): Promise<Finish> {
    const now = await book.get(session.id);
    if (now === undefined || now.endedAt > 0)
      return async () => ({ ...resultOf(now ?? session, 'over', ''), ended: true });
    const watch = ends.watch(now.id);
    try {
      const result = await run(now, ending, order);
      // A box that has it no longer sends no Stop either.
      if (result.outcome === 'gone' && !watch.hasEnded())
        await book.close(now.id, { reason: 'missing', at: Date.now() });
      return async () => {
        if (result.outcome === 'ack') await watch.ended(order.until);
        watch.off();
        const after = (await book.get(now.id)) ?? now;
        return { ...result, session: after, ended: after.endedAt > 0 };
      };
    } catch (error) {
      watch.off();
      throw error;
    }
  }

  /** One that fails must not take the answers of the others with it. */
  function failed(session: Session, thrown: unknown): ActionResult {
    const { code, message } = toOssiaError(thrown);
    options.warn(`Session ${session.id} could not be ended: ${message}`);
    return resultOf(session, 'failed', code === 'internal' ? 'an error of ours; the log has it' : message);
  }

  return {
    async disconnect(sessions, order) {
      const until = Date.now() + order.wait;
      const results: ActionResult[] = [];
      const finishing: Promise<unknown>[] = [];
      const lanes = lanesOf(sessions).values();
      // Sessions of one account on one box share a lane; each waits for the one before it, but nobody for a Stop that is not his.
      const work = async (): Promise<void> => {
        for (const lane of lanes)
          for (const { session, index } of lane) {
            const keep = (result: ActionResult): void => {
              results[index] = result;
            };
            const fail = (thrown: unknown): void => keep(failed(session, thrown));
            await tell(session, { ...order, until }).then(
              (finish) => void finishing.push(finish().then(keep, fail)),
              fail,
            );
          }
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      await Promise.all(finishing);
      return results;
    },
    async alter(session, { hook, fields }, order) {
      const until = Date.now() + order.wait;
      const result =
        hook === undefined ? resultOf(session, 'recorded', '') : await run(session, hook, { ...order, until });
      const isTaken = result.outcome === 'ack' || result.outcome === 'recorded';
      if (fields === undefined || !isTaken) return result;
      const { by, reason } = order;
      const detail = { session: session.id, acct_session_id: session.acctSessionId, nas: session.nas, fields, reason };
      // Nothing but this says who changed our record.
      const entry = { at: Date.now(), by, action: 'sessions.alter', detail };
      const audited = () => store.write([{ type: 'audit', entry }]);
      const altered = await book.alter(session.id, fields, audited).catch((error: unknown) => {
        // The box has it already: that must not be lost behind a refusal of ours.
        if (hook === undefined || !(error instanceof OssiaError)) throw error;
        return error;
      });
      if (altered instanceof OssiaError) {
        const why = altered.fields.map(({ where, problem }) => `${where.slice(1)} ${problem}`).join('; ');
        return { ...result, reason: `the box took it, but not our record: ${why || altered.message}` };
      }
      const after = altered;
      return after === undefined ? { ...result, outcome: 'over', ended: true } : { ...result, session: after };
    },
    async draftOf(session, change = ending) {
      const match = matchOf(session.nas);
      if (match === undefined || match.nas_ip.length + match.nas_id.length === 0) return undefined;
      return { hook: change.hook, account: await accountFor(session, change, match) };
    },
    close() {
      follower.close();
      ends.close();
    },
  };
}

function resultOf(session: Session, outcome: ActionOutcome, reason: string): ActionResult {
  const ended = session.endedAt > 0;
  return { session, outcome, ended, reason, job: null, said: '', errorCause: '', attempts: 0 };
}

interface Placed {
  readonly session: Session;
  readonly index: number;
}

function lanesOf(sessions: readonly Session[]): readonly (readonly Placed[])[] {
  const placed = sessions.map((session, index): Placed => ({ session, index }));
  return [...Map.groupBy(placed, ({ session }) => `${session.nas} ${session.userId || session.userName}`).values()];
}

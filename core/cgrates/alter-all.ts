// Alters many sessions: so many at a time, all within one wait, and one that fails takes no other's answer with it.
import { toOssiaError } from '../errors.ts';
import { createLimit } from '../model/limit.ts';
import type { Session } from '../model/session.ts';
import type { ActionResult, Change, Order, SessionActions } from '../sessions/actions.ts';

export type Altered = Pick<ActionResult, 'session' | 'outcome' | 'reason'>;

interface AlterAll {
  readonly sessions: readonly Session[];
  readonly hook: Change;
  readonly order: Order;
}

const atOnce = 64;

/** One result for each, in their order. */
export function alterAll(
  { alter }: Pick<SessionActions, 'alter'>,
  { sessions, hook, order }: AlterAll,
): Promise<readonly Altered[]> {
  const limit = createLimit(atOnce);
  const until = Date.now() + order.wait;
  const one = async (session: Session): Promise<Altered> => {
    try {
      // Those that come late are told all the same, but nobody waits longer for their answers.
      return await alter(session, { hook }, { ...order, wait: Math.max(0, until - Date.now()) });
    } catch (thrown) {
      const { code, message } = toOssiaError(thrown);
      return { session, outcome: 'failed', reason: code === 'internal' ? 'an error of ours' : message };
    }
  };
  return Promise.all(sessions.map((session) => limit(() => one(session))));
}

// What acting on sessions would send to their boxes, were it not a dry run.
import type { Session } from '../model/session.ts';
import type { Change } from '../sessions/actions.ts';
import type { ApiDependencies, SessionDependencies } from './deps.ts';
import { planAnswer, type SessionsPlan } from './schemas/look.ts';

/** Boxes are asked for each of them; the others would go the same way. */
const mostPlanned = 20;

interface Planning {
  readonly sessions: readonly Session[];
  /** The end of the session when there is none. */
  readonly change?: Change | undefined;
  readonly signal: AbortSignal;
}

interface Parts extends Pick<ApiDependencies, 'accounts'> {
  readonly actions: Pick<SessionDependencies['actions'], 'draftOf'>;
}

export async function planSessions(planning: Planning, { accounts, actions }: Parts): Promise<SessionsPlan> {
  const { sessions, change, signal } = planning;
  const live = sessions.filter(({ endedAt }) => endedAt === 0);
  const looked = live.slice(0, mostPlanned);
  const drafts = await Promise.all(looked.map((session) => actions.draftOf(session, change)));
  const known = drafts.filter((draft) => draft !== undefined);
  const plan = planAnswer(await accounts.preview(known, signal));
  const notes = [
    ...(live.length > looked.length ? [`Planned are the first ${looked.length} of ${live.length} sessions.`] : []),
    ...(known.length < looked.length
      ? [`${looked.length - known.length} could not be told: no profile of their box is in force.`]
      : []),
    plan.note,
  ];
  return { ...plan, sessions: live.length, note: notes.filter((note) => note !== '').join(' ') };
}

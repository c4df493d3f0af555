// What a support agent needs of one subscriber's sessions: online or not, since when, why it dropped, how often. Pure.
import type { Session } from '../model/session.ts';
import { startOfDay } from './analysis-days.ts';
import { type Cause, causeOf } from './causes.ts';

export interface AnalysisInput {
  /** All that overlap the last seven days, else the last before, in any order; a session twice counts once. */
  readonly sessions: readonly Session[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** IANA name: where its days begin. */
  readonly timezone: string;
  /** Milliseconds after the last update from which nobody knows whether a live session still is; Infinity: never. */
  ttlOf(session: Session): number;
}

/** `unknown`: its box has been silent about it for too long, and whether it has been given up for that or not yet, nobody saw it end. */
export type Presence = 'online' | 'offline' | 'unknown';

export interface Analysis {
  readonly state: Presence;
  /** Since when it is in that state: start, end, or last update; null when no session is known. */
  readonly since: number | null;
  /** Live by their records, the freshest update first. */
  readonly live: readonly LiveSession[];
  readonly lastEnd: { readonly session: Session; readonly at: number; readonly cause: Cause } | null;
  readonly today: Period;
  readonly week: Period;
  readonly line: { readonly unstable: boolean; readonly lostCarrierToday: number };
}

export interface LiveSession {
  readonly session: Session;
  readonly stale: boolean;
  /** Milliseconds since the last update. */
  readonly age: number;
}

export interface Period {
  readonly from: number;
  readonly to: number;
  /** That were there at some moment of it. */
  readonly sessions: number;
  /** Most at one moment. */
  readonly concurrent: number;
  /** Starts that followed the end of another session. */
  readonly reconnects: number;
  /** Milliseconds with at least one session, clipped to the period. */
  readonly online: number;
  /** Ends by cause, the most frequent first. */
  readonly causes: ReadonlyMap<string, number>;
}

/** More than so many `Lost-Carrier` in one day, and the line is not stable. */
export const stableLostCarriers = 5;
/** A session that was given up unseen may go on beyond its box's silence; who has been silent for longer is not there. */
const doubtMs = 86_400_000;
/** Days of the longer look back, today among them. */
export const weekDays = 7;

export function weekStart({ now, timezone }: Pick<AnalysisInput, 'now' | 'timezone'>): number {
  return startOfDay({ at: now, timezone, daysBefore: weekDays - 1 });
}

export function analyse(input: AnalysisInput): Analysis {
  const { now, timezone, ttlOf } = input;
  const sessions = [...new Map(input.sessions.map((session) => [session.id, session])).values()];
  const live = sessions
    .filter(({ endedAt }) => endedAt === 0)
    .map((session): LiveSession => {
      const age = Math.max(0, now - session.updatedAt);
      return { session, age, stale: age > ttlOf(session) };
    })
    .sort((left, right) => left.age - right.age);
  const spans = sessions.map((session) => spanOf(session, live.find((one) => one.session === session)?.stale, now));
  const today = periodOf({ spans, from: startOfDay({ at: now, timezone }), to: now });
  const lostCarrierToday = today.causes.get('Lost-Carrier') ?? 0;
  const last = spans.filter(({ ended }) => ended).sort((left, right) => right.end - left.end)[0];
  return {
    ...presenceOf({ live, last, now }),
    live,
    lastEnd:
      last === undefined ? null : { session: last.session, at: last.session.endedAt, cause: causeOf(last.session) },
    today,
    week: periodOf({ spans, from: weekStart(input), to: now }),
    line: { unstable: lostCarrierToday > stableLostCarriers, lostCarrierToday },
  };
}

interface Evidence {
  readonly live: readonly LiveSession[];
  /** The last that ended. */
  readonly last: Span | undefined;
  readonly now: number;
}

function presenceOf({ live, last, now }: Evidence): Pick<Analysis, 'state' | 'since'> {
  const fresh = live.filter(({ stale }) => !stale);
  if (fresh.length > 0) return { state: 'online', since: Math.min(...fresh.map(({ session }) => session.startedAt)) };
  const [stale] = live;
  if (stale !== undefined) return { state: 'unknown', since: stale.session.updatedAt };
  if (last === undefined) return { state: 'offline', since: null };
  const isDoubtful = last.session.inferred === 'stale' && now - last.end < doubtMs;
  return { state: isDoubtful ? 'unknown' : 'offline', since: last.end };
}

interface Span {
  readonly session: Session;
  readonly start: number;
  /** As far as we know that it was there: a silent one is counted up to its last update only. */
  readonly end: number;
  readonly ended: boolean;
}

function spanOf(session: Session, stale: boolean | undefined, now: number): Span {
  const ended = session.endedAt > 0;
  const end = ended ? session.endedAt : stale === true ? session.updatedAt : Math.max(now, session.startedAt);
  return { session, start: session.startedAt, end: Math.max(end, session.startedAt), ended };
}

interface Window {
  readonly spans: readonly Span[];
  readonly from: number;
  readonly to: number;
}

function periodOf({ spans, from, to }: Window): Period {
  const inside = spans.filter(({ start, end }) => start < to && end >= from);
  const causes = new Map<string, number>();
  for (const { session, end, ended } of spans) {
    if (!ended || end < from || end > to) continue;
    const { name } = causeOf(session);
    causes.set(name, (causes.get(name) ?? 0) + 1);
  }
  return {
    from,
    to,
    sessions: inside.length,
    ...overlapOf(inside.map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, to) }))),
    reconnects: reconnectsOf({ spans, from, to }),
    causes: new Map([...causes].sort(([, left], [, right]) => right - left)),
  };
}

/** Time covered, each moment once, and the most spans over one moment. */
function overlapOf(
  spans: readonly { readonly start: number; readonly end: number }[],
): Pick<Period, 'online' | 'concurrent'> {
  const edges = spans
    .flatMap(({ start, end }) => [
      { at: start, step: 1 },
      { at: end, step: -1 },
    ])
    // One that ends when another begins was not there at the same time; an empty one still counts as one.
    .sort((left, right) => left.at - right.at || left.step - right.step);
  let [open, concurrent, online, since] = [0, spans.length > 0 ? 1 : 0, 0, 0];
  for (const { at, step } of edges) {
    if (open > 0) online += at - since;
    since = at;
    open += step;
    concurrent = Math.max(concurrent, open);
  }
  return { online, concurrent };
}

/** A start takes up one earlier end: the second of two sessions side by side is no reconnect. */
function reconnectsOf({ spans, from, to }: Window): number {
  const moments = spans
    // An empty session is over after it began, not before.
    .flatMap(({ start, end, ended }) => [
      { at: start, starts: true },
      ...(ended ? [{ at: Math.max(end, start + 0.5), starts: false }] : []),
    ])
    .sort((left, right) => left.at - right.at || Number(left.starts) - Number(right.starts));
  let [waiting, reconnects] = [0, 0];
  for (const { at, starts } of moments) {
    if (!starts) waiting++;
    else if (waiting > 0) {
      waiting--;
      if (at >= from && at <= to) reconnects++;
    }
  }
  return reconnects;
}

// What the rest of the daemon can ask of the sessions and do to them: the interface behind API, reconcile and the support desk.
import type { Session } from '../model/session.ts';

export interface SessionBook {
  /** By its id, live or closed. */
  get(id: string): Promise<Session | undefined>;
  /** In a stable order, oldest start first, then id. Refuses unknown fields and operators with `input_invalid`. */
  find(query: SessionQuery): Promise<SessionPage>;
  count(query: Pick<SessionQuery, 'conditions' | 'state'>): Promise<number>;
  /** Sessions that overlap a window, live ones included, newest start first. */
  history(query: HistoryQuery): Promise<SessionPage>;
  /** Ends a live session that its box no longer has or cannot end; counters stay the last known. Undefined: it is not live. */
  close(id: string, why: InferredEnd): Promise<Session | undefined>;
  /** Takes a session that a box lists and we do not know, or refreshes the one that we do. */
  adopt(nas: string, listed: ListedSession): Promise<Session>;
  /** Changes fields that the settings allow (`alterable_fields`); indexes follow. Others are refused with `input_invalid`. `before` is awaited when nothing is wrong, before anything changes. */
  alter(
    id: string,
    fields: Readonly<Record<string, string>>,
    before?: () => Promise<unknown>,
  ): Promise<Session | undefined>;
  /** The fields that can be asked for, each with its operators. */
  fields(): readonly SessionField[];
  onChange(listener: (change: SessionTransition) => void): () => void;
}

export type Operator = 'eq' | 'not' | 'in' | 'prefix' | 'lt' | 'gt' | 'net';

export interface Condition {
  readonly field: string;
  readonly op: Operator;
  /** A list for `in`; a network like `10.0.0.0/8` for `net`. */
  readonly value: string | readonly string[];
}

export interface SessionQuery {
  /** All must hold; none means all sessions. */
  readonly conditions: readonly Condition[];
  /** Live ones by default. */
  readonly state?: 'live' | 'closed' | 'any';
  readonly limit: number;
  readonly cursor?: string;
}

export interface HistoryQuery {
  /** One subscriber: by account, login, address or MAC. */
  readonly by: { readonly field: 'user_id' | 'login' | 'framed_ip' | 'mac'; readonly value: string };
  /** Milliseconds since 1970, `to` excluded. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface SessionPage {
  readonly sessions: readonly Session[];
  readonly nextCursor: string | null;
}

export interface SessionField {
  readonly name: string;
  readonly operators: readonly Operator[];
  readonly indexed: boolean;
}

export interface InferredEnd {
  /** `stale`: no update for its time to live; `missing`: its box does not list it; `replaced`: a new one on the same port and user. */
  readonly reason: 'stale' | 'missing' | 'replaced';
  readonly at: number;
}

/** A session as a box lists it. Empty texts for what the box does not say. */
export interface ListedSession {
  readonly acctSessionId: string;
  readonly userName: string;
  readonly framedIp: string;
  readonly callingStationId: string;
  /** Seconds that it is up; 0 when the box does not say. */
  readonly uptime: number;
}

export interface SessionTransition {
  readonly type: 'started' | 'stopped' | 'recovered';
  readonly session: Session;
}

// One RADIUS accounting session, live or closed.

export interface Session {
  /** NAS, Acct-Session-Id and user, as one text: what makes a session itself. */
  readonly key: string;
  readonly nas: string;
  readonly acctSessionId: string;
  readonly userName: string;
  readonly framedIp: string;
  readonly callingStationId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** 0 while it is live. */
  readonly endedAt: number;
  readonly terminateCause: number;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly sessionTime: number;
}

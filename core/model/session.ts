// One RADIUS accounting session, live or closed.

export interface Session {
  /** NAS, Acct-Session-Id, user and second of the start, as one text: boxes give the same id again after a reboot. */
  readonly key: string;
  /** The profile's name. */
  readonly nas: string;
  /** NAS-IP-Address and NAS-Identifier as the box says them; several boxes can come through one proxy. */
  readonly nasIp: string;
  readonly nasIdentifier: string;
  readonly acctSessionId: string;
  readonly userName: string;
  /** Of the account that the session belongs to; empty while nobody has asked or none is known. */
  readonly userId: string;
  readonly framedIp: string;
  readonly framedIpv6Prefix: string;
  readonly delegatedIpv6Prefix: string;
  readonly callingStationId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The time of the newest record, at the NAS. */
  readonly updatedAt: number;
  /** 0 while it is live. */
  readonly endedAt: number;
  readonly terminateCause: number;
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly sessionTime: number;
}

// One RADIUS accounting session, live or closed.

export interface Session {
  /** Short and opaque, for addresses and people: made from the key. */
  readonly id: string;
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
  readonly calledStationId: string;
  /** NAS-Port-Id, else NAS-Port. */
  readonly port: string;
  /** Acct-Multi-Session-Id. */
  readonly multiSessionId: string;
  /** Class (25) as it came, hex; several joined by a space. */
  readonly class: string;
  /** What the billing calls the tariff, from the account, or what `alter` set. */
  readonly plan: string;
  /** What the account's variable last said of it; `plan` differs from it after `alter`. */
  readonly planTold?: string;
  /** Seconds between updates that the box promises, 0 when it never said. */
  readonly interimInterval: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The time of the newest record, at the NAS. */
  readonly updatedAt: number;
  /** 0 while it is live. */
  readonly endedAt: number;
  readonly terminateCause: number;
  /** Why we ended it ourselves; empty when its box did. */
  readonly inferred: '' | 'reboot' | 'stale' | 'missing' | 'replaced';
  /** From the subscriber; goes on over a counter that began again. */
  readonly inputOctets: number;
  readonly outputOctets: number;
  readonly sessionTime: number;
  /** What the counters of the box had reached when they began again: part of the octets above. */
  readonly inputBase?: number;
  readonly outputBase?: number;
  /** Its box has said Gigawords: its counters do not begin again at 32 bits. */
  readonly gigawords?: boolean;
  /** Values of the fields that the settings index besides these. */
  readonly fields: Readonly<Record<string, string>>;
}

// What an accounting packet says once it is decoded and verified: the interface between the RADIUS listener and the session stage.

export interface AccountingRecord {
  /** The profile whose client sent it. */
  readonly nas: string;
  readonly status: 'start' | 'interim' | 'stop' | 'on' | 'off';
  readonly acctSessionId: string;
  readonly userName: string;
  readonly framedIp: string;
  readonly framedIpv6Prefix: string;
  readonly delegatedIpv6Prefix: string;
  readonly callingStationId: string;
  readonly calledStationId: string;
  /** NAS-Port-Id, else NAS-Port. */
  readonly port: string;
  readonly multiSessionId: string;
  /** Hex; several joined by a space, in their order. */
  readonly class: string;
  /** Seconds; 0 when the packet does not say. */
  readonly interimInterval: number;
  readonly nasIp: string;
  readonly nasIdentifier: string;
  /** When it happened at the NAS: Event-Timestamp, else arrival minus Acct-Delay-Time; milliseconds since 1970. */
  readonly at: number;
  /** Whether `at` is by the clock of the NAS; else a retransmission can look later than it happened. */
  readonly timestamped: boolean;
  readonly sessionTime: number;
  /** From the subscriber, Gigawords included. */
  readonly inputOctets: number;
  readonly outputOctets: number;
  /** Whether the box counts beyond 32 bits: it says Gigawords, be they 0. */
  readonly gigawords: boolean;
  readonly terminateCause: number;
}

/** Resolves when the record is on disk; only then the packet is answered. */
export type AccountingSink = (record: AccountingRecord) => Promise<void>;

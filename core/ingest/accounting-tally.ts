// Counts what became of the packets, and says in the log, not more often than every ten seconds, when some are dropped.
import type { DropReason } from '../transport/radius/packet.ts';

export interface AccountingStats {
  readonly received: number;
  readonly answered: number;
  /** Retransmissions that got the cached answer again. */
  readonly repeated: number;
  /** Retransmissions of what was still being worked on. */
  readonly inProgress: number;
  /** Acknowledged, but with a status that is none of ours or without a session id. */
  readonly ignored: number;
  readonly statusServer: number;
  /** Not answered because it could not be made durable. */
  readonly failed: number;
  /** Being made durable now. */
  readonly inFlight: number;
  /** Mostly answers that the system would not send. */
  readonly socketErrors: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export interface AccountingLog {
  warn(fields: object, message: string): void;
}

export type AccountingCount = Exclude<keyof AccountingStats, 'dropped'>;

export interface AccountingTally {
  readonly counts: { -readonly [K in AccountingCount]: number };
  drop(reason: DropReason, address: string): void;
  fail(error: unknown): void;
  socketError(error: Error): void;
  stats(): AccountingStats;
}

const quietMs = 10_000;

export function createTally({
  log,
  now,
}: {
  readonly log: AccountingLog;
  readonly now: () => number;
}): AccountingTally {
  const counts = {
    received: 0,
    answered: 0,
    repeated: 0,
    inProgress: 0,
    ignored: 0,
    statusServer: 0,
    failed: 0,
    inFlight: 0,
    socketErrors: 0,
  };
  const dropped: Record<DropReason, number> = {
    short: 0,
    length: 0,
    attribute: 0,
    authenticator: 0,
    message_authenticator: 0,
    message_authenticator_missing: 0,
    unknown_client: 0,
    code: 0,
    overload: 0,
    port: 0,
    overload_interim: 0,
  };
  const said = new Map<string, { at: number; count: number }>();

  /** How many since it was said last; 0 = not now. */
  function sinceSaid(what: string, count: number): number {
    const last = said.get(what);
    const time = now();
    if (last !== undefined && time - last.at < quietMs) return 0;
    said.set(what, { at: time, count });
    return count - (last?.count ?? 0);
  }

  return {
    counts,
    drop(reason, address) {
      const since = sinceSaid(reason, ++dropped[reason]);
      if (since > 0) log.warn({ reason, packets: since, last_from: address }, 'accounting packets dropped');
    },
    fail(error) {
      const since = sinceSaid('failed', ++counts.failed);
      if (since > 0) log.warn({ err: error, packets: since }, 'accounting packets not answered: not durable');
    },
    socketError(error) {
      const since = sinceSaid('socket', ++counts.socketErrors);
      if (since > 0) log.warn({ err: error, errors: since }, 'accounting socket');
    },
    stats: () => ({ ...counts, dropped: { ...dropped } }),
  };
}

// Why sessions end: every Acct-Terminate-Cause of RFC 2866 and RFC 3580 as a sentence for people, and the side at fault.
import type { Session } from '../model/session.ts';

/** `line`: access line or the subscriber's device; `user`: wanted by the subscriber; `policy`: a limit; `operator`: us; `network`: the provider's side. */
export const sides = ['line', 'user', 'policy', 'operator', 'network', 'unknown'] as const;
export type Side = (typeof sides)[number];

export interface Cause {
  /** As RADIUS names it, `Lost-Carrier`; `Inferred-...` for ends that no box told us. */
  readonly name: string;
  readonly sentence: string;
  readonly side: Side;
}

const radius: Readonly<Record<number, Cause>> = {
  1: { name: 'User-Request', side: 'user', sentence: 'The subscriber or his router hung up.' },
  2: { name: 'Lost-Carrier', side: 'line', sentence: 'The line or the router of the subscriber went away.' },
  3: { name: 'Lost-Service', side: 'network', sentence: 'The service behind the access point was no longer there.' },
  4: { name: 'Idle-Timeout', side: 'policy', sentence: 'Nothing was sent for as long as the plan allows.' },
  5: { name: 'Session-Timeout', side: 'policy', sentence: 'The session reached its longest allowed time.' },
  6: { name: 'Admin-Reset', side: 'operator', sentence: 'It was disconnected on our side, by billing or by a person.' },
  7: { name: 'Admin-Reboot', side: 'operator', sentence: 'The access server was restarted on purpose.' },
  8: { name: 'Port-Error', side: 'network', sentence: 'The port of the access server failed.' },
  9: { name: 'NAS-Error', side: 'network', sentence: 'The access server had an error of its own.' },
  10: { name: 'NAS-Request', side: 'network', sentence: 'The access server ended it for a reason of its own.' },
  11: { name: 'NAS-Reboot', side: 'network', sentence: 'The access server restarted.' },
  12: { name: 'Port-Unneeded', side: 'network', sentence: 'The access server gave the port up as not needed.' },
  13: { name: 'Port-Preempted', side: 'network', sentence: 'The port was taken for something more important.' },
  14: { name: 'Port-Suspended', side: 'network', sentence: 'The session was suspended to free the port.' },
  15: { name: 'Service-Unavailable', side: 'network', sentence: 'The service that was asked for cannot be given.' },
  16: { name: 'Callback', side: 'policy', sentence: 'It ended so that the subscriber is called back.' },
  17: { name: 'User-Error', side: 'user', sentence: 'What the router of the subscriber sent was wrong.' },
  18: { name: 'Host-Request', side: 'user', sentence: 'The host behind the session ended it.' },
  19: { name: 'Supplicant-Restart', side: 'user', sentence: "The subscriber's device began its login anew." },
  20: { name: 'Reauthentication-Failure', side: 'policy', sentence: 'It was asked to log in again and failed.' },
  21: { name: 'Port-Reinit', side: 'network', sentence: 'The port was initialised again.' },
  22: { name: 'Port-Disabled', side: 'operator', sentence: 'The port was switched off.' },
};

const inferred: Readonly<Record<Exclude<Session['inferred'], '' | 'reboot'>, Cause>> = {
  stale: {
    name: 'Inferred-Stale',
    side: 'unknown',
    sentence: 'The access server stopped telling of it; no end was reported.',
  },
  missing: {
    name: 'Inferred-Missing',
    side: 'unknown',
    sentence: 'The access server no longer has it; no end was reported.',
  },
  replaced: {
    name: 'Inferred-Replaced',
    side: 'line',
    sentence: 'A new session took its place; its own end was not reported.',
  },
};

/** Of an ended session. */
export function causeOf({ terminateCause, inferred: why }: Pick<Session, 'terminateCause' | 'inferred'>): Cause {
  if (why !== '' && why !== 'reboot') return inferred[why];
  const known = radius[why === 'reboot' ? 11 : terminateCause];
  if (known !== undefined) return known;
  if (terminateCause === 0)
    return { name: 'None-Given', side: 'unknown', sentence: 'The access server did not say why it ended.' };
  return {
    name: `Cause-${terminateCause}`,
    side: 'unknown',
    sentence: `The access server gave cause ${terminateCause}, which no standard explains.`,
  };
}

/** Every cause that a session can have, by its number where it has one. */
export const knownCauses: readonly Cause[] = [...Object.values(radius), ...Object.values(inferred)];

// Our sessions and accounts in the shapes that Interstellio's clients read.
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import { isoIn } from '../sessions/analysis-days.ts';
import { causeOf } from '../sessions/causes.ts';

/** `2025-12-19T13:53:15.000+02:00`. */
function timeIn(at: number, timezone: string): string {
  const whole = Math.floor(at / 1_000) * 1_000;
  const text = isoIn(whole, timezone);
  return `${text.slice(0, 19)}.${String(at - whole).padStart(3, '0')}${text.slice(19)}`;
}

/** A record of `POST /v1/subscriber/{id}/cdr/records`; `terminate_cause` null says that the session is live. */
export function recordOf(session: Session, timezone: string) {
  const { id, startedAt, updatedAt, endedAt, userName, callingStationId, calledStationId, framedIp, nasIp } = session;
  const started = timeIn(startedAt, timezone);
  return {
    id: `${id}::${started.slice(0, 7)}-01`,
    start_time: started,
    update_time: timeIn(updatedAt, timezone),
    acct_unique_id: id,
    username: userName,
    calling_station_id: callingStationId || framedIp || null,
    called_station_id: calledStationId || null,
    framed_ip_address: framedIp || null,
    nas_ip_address: nasIp,
    client_ip_address: nasIp || null,
    duration: session.sessionTime || Math.max(0, Math.round(((endedAt || updatedAt) - startedAt) / 1_000)),
    terminate_cause: endedAt === 0 ? null : causeOf(session).name,
  };
}

/** A live session of `GET /v2/sessions/{id}`. */
export function sessionOf(session: Session, timezone: string) {
  const { id, userId, userName, callingStationId, framedIp, startedAt, updatedAt, nasIp, port } = session;
  return {
    id,
    subscriber_id: userId || userName,
    username: userName,
    realm: userName.includes('@') ? userName.slice(userName.lastIndexOf('@') + 1) : null,
    calling_station_id: callingStationId || null,
    framed_ip_address: framedIp || null,
    ctx: 'activate-login',
    start_time: timeIn(startedAt, timezone),
    updated_time: timeIn(updatedAt, timezone),
    nas_ip_address: nasIp,
    nas_port: port,
  };
}

/** What is known here of a subscriber; the rest of Interstellio's fields is the business of billing. */
export function subscriberOf(account: Account, domain: string) {
  const { user_id: id = '', login = '' } = account;
  return {
    id,
    name: account['fio'] || login || id,
    username: login,
    domain,
    calling_station_id: account['mac'] || null,
    static_ip4: account['ip'] || null,
  };
}

// What accel-pppd has of an account, of everybody, and how long it runs.
import type { BoxSession, BoxUser, BoxUserReport, UserListInfo } from '#plugin-sdk';
import { type AccelOptions, type Device, demandCli, type Input } from './options.ts';
import { type AccelSession, pagesOfSessions, sessionsOf } from './sessions.ts';

export async function userInfo(input: Input, device: Device): Promise<unknown> {
  demandCli(device);
  const { account } = input;
  const sessions = await sessionsOf(input, device);
  const [first] = sessions;
  const names = {
    user_id: account['user_id'] ?? '',
    login: account['login'] ?? '',
    ip: first?.ip ?? account['ip'] ?? '',
  };
  // Who has no session may be there all the same: nothing else of an account is kept here.
  const user: BoxUserReport = first === undefined ? { ...names, exists: null } : { ...names, ...stateOf(first) };
  return { user, sessions };
}

export async function userGetMac(input: Input, device: Device): Promise<unknown> {
  demandCli(device);
  const callers = (await sessionsOf(input, device)).map(({ caller }) => caller);
  const macs = callers.flatMap(
    (caller) => /\b[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}\b/i.exec(caller)?.[0] ?? [],
  );
  return macs[0] === undefined ? { mac: '', from: '' } : { mac: macs[0], from: 'session' };
}

export async function* usersFromNas(
  { options }: { readonly options: AccelOptions },
  device: Device,
): AsyncGenerator<BoxUser[], UserListInfo> {
  demandCli(device);
  for await (const sessions of pagesOfSessions(options, device))
    yield sessions.filter(({ state }) => state === 'active').map((session) => userOf(session, options));
  // RADIUS tells a session everything, and accel-ppp keeps nothing of who has none: he is there, and there is nothing to compare.
  return { kinds: [{ kind: {}, unlisted: {} }] };
}

export async function* listSessions(
  device: Device,
  { options }: { readonly options: AccelOptions },
): AsyncGenerator<BoxSession[], void> {
  demandCli(device);
  for await (const sessions of pagesOfSessions(options, device))
    yield sessions.map((session) => boxSessionOf(session, options));
}

function userOf(session: AccelSession, options: AccelOptions): BoxUser {
  const isNamed = options.match !== 'ip' && (options.username ?? 'login') === 'login';
  return { user_id: '', login: isNamed ? session.username : '', ip: session.ip, ...stateOf(session) };
}

function stateOf({ rate }: AccelSession) {
  return { logged: true, ...(rate !== undefined && { rate }) };
}

function boxSessionOf(session: AccelSession, { renamed = false }: AccelOptions): BoxSession {
  const { sid, state, username, ip, caller, uptime } = session;
  return {
    // One that begins may never be let in: it is recognised by its other fields, and not adopted.
    acctSessionId: state === 'start' ? '' : sid,
    // Of one with another name in accounting, its id alone is known.
    userName: renamed ? '' : username,
    framedIp: ip,
    callingStationId: caller,
    uptime,
  };
}

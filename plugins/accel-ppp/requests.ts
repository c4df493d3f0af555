// What is sent for an account's sessions, one after the other: accel-ppp drops a request for a session that has one in progress.
import { gone, type RadiusAttributes, refuse } from '#plugin-sdk';
import { runCommand } from './cli.ts';
import { type Device, hasCli, hasCoa, type Input } from './options.ts';
import { type AccelSession, sessionsOf, usernameOf } from './sessions.ts';

export const noSession = 'The account has no session; the RADIUS answer to its next login decides.';

/** Sends to each session of the account. Throws `gone` when there is none. */
export async function change(input: Input, device: Device, attributes: RadiusAttributes): Promise<void> {
  demandCoa(device);
  const identities = hasCli(device) ? (await sessionsOf(input, device)).map(identityOf) : [byUsername(input)];
  let taken = 0;
  for (const identity of identities)
    if (await isFound(device.coa.coa({ ...ofTheBox(input), ...identity, ...attributes }))) taken += 1;
  if (taken === 0) throw gone(noSession);
}

interface Ending {
  /** All are unless this says otherwise; without a command line nothing is known of a session, and it is ended. */
  isMeant(session: AccelSession): boolean;
}

/** Ends the account's sessions. Throws `gone` when there is none to end. */
export async function end(input: Input, device: Device, ending?: Ending): Promise<void> {
  if (!hasCli(device)) {
    demandCoa(device);
    const identity = { ...ofTheBox(input), ...byUsername(input) };
    if (!(await isFound(device.coa.disconnect(identity)))) throw gone(noSession);
    return;
  }
  const sessions = await sessionsOf(input, device);
  const meant = ending === undefined ? sessions : sessions.filter(ending.isMeant);
  let ended = 0;
  for (const session of meant) if (await endOne(input, device, session)) ended += 1;
  if (ended > 0) return;
  throw gone(sessions.length === 0 ? noSession : 'None of its sessions is one to end.');
}

/**
 * Ends the session that the event is about. One that is born of an Accounting-Stop names it, and by the time that we come the
 * subscriber may be online again: his new session must live.
 */
export async function endThat(input: Input, device: Device): Promise<void> {
  const id = input.account['acct_session_id'];
  if (!id) return end(input, device);
  if (hasCli(device)) return end(input, device, { isMeant: ({ sid }) => sid.toLowerCase() === id.toLowerCase() });
  demandCoa(device);
  const identity = { ...ofTheBox(input), ...byUsername(input), 'Acct-Session-Id': id };
  if (!(await isFound(device.coa.disconnect(identity)))) throw gone('The box has no such session.');
}

function demandCoa(device: Device): void {
  if (!hasCoa(device)) throw refuse('The profile has no coa section, and this is done by nothing else.');
}

async function endOne(input: Input, device: Device, session: AccelSession): Promise<boolean> {
  const { options } = input;
  const way = options.terminate ?? 'disconnect';
  if (way === 'disconnect' && hasCoa(device))
    return isFound(device.coa.disconnect({ ...ofTheBox(input), ...identityOf(session) }));
  // By sid alone: `terminate ip` also takes a session that has no address yet, `terminate username` only the first of several.
  const command = `terminate sid ${session.sid} ${way === 'hard' ? 'hard' : 'soft'}`;
  await runCommand({ options, device, command });
  return true;
}

/** Both must match, so a sid that was given anew meanwhile is nobody else's. Framed-IP-Address matches whoever has none yet. */
function identityOf({ sid, username }: AccelSession): RadiusAttributes {
  return { ...(username !== '' && { 'User-Name': username }), 'Acct-Session-Id': sid };
}

/** Without a command line: the first session of that name is all that accel-ppp finds. */
function byUsername(input: Input): RadiusAttributes {
  if (input.options.match === 'ip')
    throw refuse('This profile knows sessions by their address, for which it needs an ssh section.');
  return { 'User-Name': usernameOf(input) };
}

function ofTheBox({ options }: Input): RadiusAttributes {
  return options.nas_identifier === undefined ? {} : { 'NAS-Identifier': options.nas_identifier };
}

async function isFound(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'session_not_found')
      return false;
    throw error;
  }
}

// `ossia sessions`: who is online, one session, the support desk's answer, and making sessions stop.
import { nearest } from '../model/did-you-mean.ts';
import { type CommandLine, readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { checkSessions } from './sessions-check.ts';
import { clearSessions, disconnectSessions } from './sessions-disconnect.ts';
import { followSessions } from './sessions-follow.ts';
import { clean, localTime, painter, table } from './text.ts';

const help = `usage: ossia sessions [--FIELD VALUE ...] [--state live|closed|any] [--count] [--limit N] [--cursor CURSOR]
       ossia sessions show ID
       ossia sessions check WHO [--by login|account|ip|mac] [--timezone ZONE]
       ossia sessions disconnect ID|--FIELD VALUE ...|--all --reason WHY [--wait SECONDS] [--dry-run]
       ossia sessions follow [--nas NAS] [--login LOGIN] [--user_id ID]
       ossia sessions clear WHO --reason WHY [--by login|account|ip|mac] [--wait SECONDS] [--dry-run]

Lists live sessions, shows one, says of a subscriber what a support agent needs to know, says who comes and goes as it
happens, ends sessions and says what their boxes answered, or ends all that is left of a subscriber before an activation and looks again.

A FIELD is any that the daemon knows, with an operator where it is not "equal"; all must hold:
  ossia sessions --login alice                      ossia sessions --framed_ip 10.0.0.0/8 --nas.not bras-1
  ossia sessions --login.in alice,bob --state any   ossia sessions --port.prefix eth1/

  --by KIND        what WHO is; by its form an address or a MAC, else a login
  --timezone ZONE  where the day begins, like Europe/Kyiv; the one of the settings by default
  --all            every live session; only with this word
  --dry-run        say what the boxes would be told, and tell them nothing
  --wait SECONDS   how long the answer may take, 10 by default, 25 at most
${addressHelp}
exit codes
   0  done; check: online; disconnect and clear: all are ended
   1  refused
   2  used wrongly
   3  check: offline; disconnect and clear: some are not ended
   4  check: unknown, the box has been silent about it for too long
  75  the daemon is not reachable or takes nothing now
`;

const options = {
  ...addressOptions,
  state: 'value',
  limit: 'value',
  cursor: 'value',
  count: 'flag',
  by: 'value',
  timezone: 'value',
  reason: 'value',
  wait: 'value',
  all: 'flag',
  'dry-run': 'flag',
} as const;

/** Beside those of the address, which go with all. */
const taken: Readonly<Record<Action | 'list', readonly string[]>> = {
  list: ['state', 'limit', 'cursor', 'count'],
  show: [],
  check: ['by', 'timezone'],
  follow: [],
  disconnect: ['reason', 'wait', 'all', 'dry-run'],
  clear: ['by', 'reason', 'wait', 'dry-run'],
};

const actions = ['show', 'check', 'follow', 'disconnect', 'clear'] as const;
type Action = (typeof actions)[number];

export interface SessionView {
  readonly id: string;
  readonly state: 'live' | 'closed';
  readonly login: string;
  readonly framed_ip: string;
  readonly mac: string;
  readonly nas: string;
  readonly port: string;
  readonly started_at: string;
  readonly updated_at: string;
  readonly ended_at: string | null;
  readonly terminate_cause: string | null;
}

export type SessionsLine = CommandLine<keyof typeof options>;

export const sessions: Command = {
  help,
  async run(argv, io) {
    const line = readArguments(argv, { options, words: 2, others: 'keep' });
    const [word, subject] = line.words;
    const address = await daemonAddress(line.options);
    const action = word === undefined ? 'list' : actionOf(word);
    checkOptions(action, line);
    if (action === 'list') return list(line, address, io);
    if (action === 'follow') return followSessions({ line, address, io });
    if (action === 'disconnect') return disconnectSessions({ line, address, io, subject });
    if (subject === undefined)
      throw new UsageError(`say which: ossia sessions ${action} ${action === 'show' ? 'ID' : 'WHO'}`);
    if (action === 'check') return checkSessions({ line, address, io, subject });
    if (action === 'clear') return clearSessions({ line, address, io, subject });
    return show({ id: subject, address, io, json: line.options.json !== undefined });
  },
};

/** One that is passed over in silence could be the very word that was to narrow it. */
function checkOptions(action: Action | 'list', line: SessionsLine): void {
  const allowed = [...taken[action], ...Object.keys(addressOptions)];
  const fields = action === 'list' || action === 'follow' || action === 'disconnect' ? [] : Object.keys(line.others);
  const stray = [...fields, ...Object.keys(line.options).filter((name) => !allowed.includes(name))][0];
  if (stray !== undefined)
    throw new UsageError(`--${stray} does not go with "ossia sessions${action === 'list' ? '' : ` ${action}`}"`);
}

function actionOf(word: string): Action {
  const found = actions.find((action) => action === word);
  if (found !== undefined) return found;
  const near = nearest(word, actions);
  throw new UsageError(
    `there is no "sessions ${word}"${near === undefined ? `; there are ${actions.join(', ')}` : `; did you mean ${near}?`}`,
  );
}

async function list({ options, others }: SessionsLine, address: DaemonAddress, io: Io): Promise<number> {
  const { state, limit, cursor } = options;
  const json = options.json !== undefined;
  if (options.count !== undefined) {
    const counted = await ask<{ count: number }>(address, { path: '/v1/sessions/count', query: { ...others, state } });
    io.out(json ? `${JSON.stringify(counted, null, 2)}\n` : `${counted.count}\n`);
    return exitCodes.ok;
  }
  const query = { ...others, state, limit, cursor };
  const page = await ask<{ sessions: SessionView[]; next_cursor: string | null }>(address, {
    path: '/v1/sessions',
    query,
  });
  if (json) io.out(`${JSON.stringify(page, null, 2)}\n`);
  else if (page.sessions.length === 0) io.err('no such sessions\n');
  else io.out(rows(page.sessions, io));
  if (!json && page.next_cursor !== null) io.err(`there are more; go on with --cursor ${page.next_cursor}\n`);
  return exitCodes.ok;
}

function rows(all: readonly SessionView[], io: Io): string {
  return table(all, {
    io,
    columns: [
      { title: 'SESSION', text: ({ id }) => id },
      { title: 'STATE', text: ({ state }) => state, tone: ({ state }) => (state === 'live' ? 'good' : 'faint') },
      { title: 'LOGIN', text: ({ login }) => login },
      { title: 'ADDRESS', text: ({ framed_ip }) => framed_ip || '-' },
      { title: 'MAC', text: ({ mac }) => mac || '-' },
      { title: 'NAS', text: ({ nas }) => nas },
      { title: 'PORT', text: ({ port }) => port || '-' },
      { title: 'SINCE', text: ({ started_at }) => localTime(started_at) },
      { title: 'UPDATED', text: ({ updated_at }) => localTime(updated_at) },
      { title: 'ENDED BY', text: ({ terminate_cause }) => terminate_cause ?? '' },
    ],
  });
}

async function show(asked: { id: string; address: DaemonAddress; io: Io; json: boolean }): Promise<number> {
  const { id, address, io, json } = asked;
  const session = await ask<Record<string, unknown>>(address, { path: `/v1/sessions/${encodeURIComponent(id)}` });
  if (json) {
    io.out(`${JSON.stringify(session, null, 2)}\n`);
    return exitCodes.ok;
  }
  const paint = painter(io);
  const { id: name, fields, ...facts } = session;
  const all = { ...facts, ...(fields as Record<string, string>) };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== '' && value !== null)
    .map(([fact, value]) => `  ${paint('faint', fact.padEnd(21))}  ${clean(factText(fact, String(value)))}\n`);
  io.out(`session ${clean(String(name))}\n${lines.join('')}`);
  return exitCodes.ok;
}

function factText(fact: string, value: string): string {
  return fact.endsWith('_at') ? localTime(value) : value;
}

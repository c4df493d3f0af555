// `ossia accounts`: what subscribers should have and have, and asking their boxes.
import { nearest } from '../model/did-you-mean.ts';
import { askBox } from './accounts-ask.ts';
import { importAccounts } from './accounts-import.ts';
import { accountNamed } from './accounts-named.ts';
import { putAccount } from './accounts-put.ts';
import { type CommandLine, readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { type AccountDetail, type AccountSummaryView, accessTone, showAccount } from './show-account.ts';
import { localTime, table } from './text.ts';

const help = `usage: ossia accounts [--login LOGIN] [--ip ADDRESS] [--nas NAS] [--limit N] [--cursor CURSOR]
       ossia accounts show WHO [--actual] [--watch] [--by account|login|ip|mac]
       ossia accounts info|test|mac WHO [--by account|login|ip|mac]
       ossia accounts put USER_ID --file FILE [--no-jobs] [--dry-run]
       ossia accounts import FILE [--no-jobs] [--dry-run]

Lists accounts; shows one: what it should have, what was made of that, its jobs, what its box last said, its sessions; or asks
the box about it at once, whatever waits in its queue: what the box knows, a test of the line, the MAC address that it sees;
or takes whole states: of one account from a file of JSON, of very many from a file with one to a line. FILE may be - for
standard input. What differs from what is known becomes jobs.

WHO is a user_id, a login, an address or a MAC.

  --actual        ask the box too, and mark what differs from what it says
  --watch         show it again whenever something changes, until it is interrupted
  --by KIND       what WHO is; by its form an address or a MAC, else a user_id, else a login
  --no-jobs       only store it; a resync finds what a box lacks
  --dry-run       say what would be done, and keep nothing
  --limit N       most accounts in the list, 50 by default, 1000 at most
  --cursor CURSOR go on where the list before ended
${addressHelp}
exit codes
   0  done; show: all is as it should be; info, test, mac: the box has answered
   1  there is no such account; info, test, mac: the box or its plugin said no; put, import: something is wrong with it
   2  used wrongly
   3  show: something is not as it should be
  75  the daemon, or the box, does not answer now
`;

const options = {
  ...addressOptions,
  login: 'value',
  ip: 'value',
  nas: 'value',
  limit: 'value',
  cursor: 'value',
  by: 'value',
  actual: 'flag',
  watch: 'flag',
} as const;

const actions = ['show', 'info', 'test', 'mac'] as const;
const others = ['put', 'import'] as const;
type Action = (typeof actions)[number];

/** Beside those of the address, which go with all. */
const taken: Readonly<Record<Action | 'list', readonly string[]>> = {
  list: ['login', 'ip', 'nas', 'limit', 'cursor'],
  show: ['by', 'actual', 'watch'],
  info: ['by'],
  test: ['by'],
  mac: ['by'],
};

type AccountsLine = CommandLine<keyof typeof options>;

export const accounts: Command = {
  help,
  async run(argv, io) {
    if (argv[0] === 'put') return putAccount(argv.slice(1), io);
    if (argv[0] === 'import') return importAccounts(argv.slice(1), io);
    const line = readArguments(argv, { options, words: 2 });
    const [word, who] = line.words;
    const action = word === undefined ? 'list' : actionOf(word);
    checkOptions(action, line);
    const address = await daemonAddress(line.options);
    if (action === 'list') return list(line, address, io);
    if (who === undefined) throw new UsageError(`say which account: ossia accounts ${action} WHO`);
    const { by } = line.options;
    const json = line.options.json !== undefined;
    if (action === 'show') return show({ address, who, line, io });
    return askBox({
      address,
      account: await accountNamed<AccountDetail>({ address, who, by }),
      what: action,
      io,
      json,
    });
  },
};

function actionOf(word: string): Action {
  const found = actions.find((action) => action === word);
  if (found !== undefined) return found;
  const all = [...actions, ...others];
  const near = nearest(word, all);
  const hint = near === undefined ? `there are ${all.join(', ')}` : `did you mean ${near}?`;
  throw new UsageError(`there is no "accounts ${word}"; ${hint}`);
}

function checkOptions(action: Action | 'list', { options: given }: AccountsLine): void {
  const allowed = [...taken[action], ...Object.keys(addressOptions)];
  const stray = Object.keys(given).find((name) => !allowed.includes(name));
  if (stray !== undefined)
    throw new UsageError(`--${stray} does not go with "ossia accounts${action === 'list' ? '' : ` ${action}`}"`);
}

async function list({ options: given }: AccountsLine, address: DaemonAddress, io: Io): Promise<number> {
  const { login, ip, nas, limit, cursor } = given;
  const query = { login, ip, nas, limit, cursor };
  const page = await ask<{ accounts: AccountSummaryView[]; next_cursor: string | null }>(address, {
    path: '/v1/accounts',
    query,
  });
  if (given.json !== undefined) {
    io.out(`${JSON.stringify(page, null, 2)}\n`);
    return exitCodes.ok;
  }
  if (page.accounts.length === 0) io.err('no such accounts\n');
  else io.out(rows(page.accounts, io));
  if (page.next_cursor !== null) io.err(`there are more; go on with --cursor ${page.next_cursor}\n`);
  return exitCodes.ok;
}

function rows(all: readonly AccountSummaryView[], io: Io): string {
  return table(all, {
    io,
    columns: [
      { title: 'ACCOUNT', text: ({ user_id }) => user_id },
      { title: 'LOGIN', text: ({ login }) => login || '-' },
      { title: 'ADDRESS', text: ({ ip }) => ip || '-' },
      { title: 'NAS', text: ({ nas, nas_key }) => nas ?? nas_key },
      { title: 'ACCESS', text: ({ access }) => access, tone: ({ access }) => accessTone(access) },
      { title: 'TOLD', text: ({ updated_at }) => localTime(updated_at) },
      { title: 'DIFFERS', text: ({ differing }) => differing.join(' '), tone: () => 'bad' },
    ],
  });
}

interface Showing {
  readonly address: DaemonAddress;
  readonly who: string;
  readonly line: AccountsLine;
  readonly io: Io;
}

const watchMs = 2_000;

async function show({ address, who, line, io }: Showing): Promise<number> {
  const { by, actual, watch, json } = line.options;
  const query = actual === undefined ? {} : { actual: 'true' };
  let last = '';
  for (;;) {
    const account = await accountNamed<AccountDetail>({ address, who, by, query });
    const text = json === undefined ? showAccount(account, io) : `${JSON.stringify(account, null, 2)}\n`;
    if (text !== last) io.out(watch !== undefined && io.columns > 0 ? `\u001b[H\u001b[2J${text}` : text);
    last = text;
    if (watch === undefined) return account.differing.length === 0 ? exitCodes.ok : exitCodes.notDone;
    await new Promise((resolve) => setTimeout(resolve, watchMs));
  }
}

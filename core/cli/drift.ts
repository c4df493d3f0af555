// `ossia drift`: over all boxes, how many accounts have something else than they should, and which they are.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { valueText } from './show-account.ts';
import { clean, localTime, painter, table } from './text.ts';

const help = `usage: ossia drift [--nas NAME] [--accounts] [--limit N] [--fresh]

Compares what every account should have with what was last made of it, box by box; --accounts lists those that differ, with what
and why. UNSUPPORTED are those that differ only in what the plugin of their box has no hook for: "ossia jobs --state skipped" lists
their jobs, to be run again once a plugin has it. What a box itself has, "ossia nas resync NAME --dry-run" asks it. --fresh counts anew; else the count may be a minute old.

exit codes: 0 nothing differs, 5 something does, 1 refused, 75 the daemon is not there.

${addressHelp}`;

const differs = 5;

interface BoxView {
  readonly nas: string;
  readonly accounts: number;
  readonly differing: number;
  readonly unsupported: number;
  readonly by_key: Readonly<Record<string, number>>;
  readonly pending: number;
  readonly failed: number;
  readonly last_resync: { readonly at: string; readonly state: string; readonly differing: number } | null;
}

interface AccountView {
  readonly user_id: string;
  readonly login: string;
  readonly nas: string;
  readonly differences: readonly {
    readonly key: string;
    readonly desired: string;
    readonly made: string | null;
    readonly failed: string | null;
  }[];
}

interface AccountPage {
  readonly accounts: readonly AccountView[];
  readonly next_cursor: string | null;
}

export const drift: Command = {
  help,
  async run(argv, io) {
    const { options } = readArguments(argv, {
      options: { ...addressOptions, nas: 'value', accounts: 'flag', limit: 'value', fresh: 'flag' },
      words: 0,
    });
    const address = await daemonAddress(options);
    const isJson = options.json !== undefined;
    if (options.accounts !== undefined) {
      const limit = Number(options.limit ?? 100);
      if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a number of accounts');
      return showAccounts({ address, nas: options.nas, limit, isJson, io });
    }
    if (options.limit !== undefined) throw new UsageError('--limit goes with --accounts');
    const query = options.fresh === undefined ? {} : { max_age: '0' };
    const all = await ask<{ readonly at: string; readonly boxes: readonly BoxView[] }>(address, {
      path: '/v1/drift',
      query,
    });
    const boxes = options.nas === undefined ? all.boxes : all.boxes.filter(({ nas }) => nas === options.nas);
    // No account stands there; or there is no such box, which this refuses.
    if (options.nas !== undefined && boxes.length === 0)
      await ask(address, { path: '/v1/drift/accounts', query: { nas: options.nas, limit: '1' } });
    if (isJson) io.out(`${JSON.stringify({ ...all, boxes }, null, 2)}\n`);
    else if (boxes.length === 0) io.err('no account is known there yet\n');
    else io.out(`${boxTable(boxes, io)}${painter(io)('faint', `counted ${localTime(all.at)}`)}\n`);
    return boxes.some(({ differing }) => differing > 0) ? differs : exitCodes.ok;
  },
};

function boxTable(boxes: readonly BoxView[], io: Io): string {
  const inWhat = ({ by_key }: BoxView) =>
    Object.entries(by_key)
      .toSorted(([, one], [, other]) => other - one)
      .map(([key, count]) => `${key} ${count}`)
      .join(', ');
  return table(boxes, {
    io,
    columns: [
      { title: 'NAS', text: ({ nas }) => nas },
      { title: 'ACCOUNTS', text: ({ accounts }) => String(accounts), align: 'right' },
      {
        title: 'DIFFER',
        text: ({ differing }) => String(differing),
        tone: ({ differing }) => (differing > 0 ? 'bad' : 'good'),
        align: 'right',
      },
      { title: 'UNSUPPORTED', text: ({ unsupported }) => String(unsupported), align: 'right' },
      { title: 'ON THE WAY', text: ({ pending }) => String(pending), align: 'right' },
      { title: 'FAILED', text: ({ failed }) => String(failed), align: 'right' },
      {
        title: 'LAST RESYNC',
        text: ({ last_resync: last }) => (last === null ? '-' : resyncText(last)),
      },
      { title: 'IN WHAT', text: inWhat },
    ],
  });
}

/** One that waits for somebody's word says so. */
function resyncText({ at, state, differing }: NonNullable<BoxView['last_resync']>): string {
  const differed = `${localTime(at)}, ${differing} differed`;
  return state === 'asks' ? `${differed}, asks` : state === 'applying' ? `${differed}, being applied` : differed;
}

interface Listing {
  readonly address: DaemonAddress;
  readonly nas: string | undefined;
  readonly limit: number;
  readonly isJson: boolean;
  readonly io: Io;
}

async function showAccounts({ address, nas, limit, isJson, io }: Listing): Promise<number> {
  const found: AccountView[] = [];
  let cursor: string | undefined;
  let isAll = false;
  while (found.length < limit && !isAll) {
    const query = { nas, cursor, limit: String(Math.min(1000, limit - found.length)) };
    const page: AccountPage = await ask<AccountPage>(address, { path: '/v1/drift/accounts', query });
    found.push(...page.accounts);
    isAll = page.next_cursor === null;
    cursor = page.next_cursor ?? undefined;
  }
  if (isJson) io.out(`${JSON.stringify({ accounts: found, next_cursor: cursor ?? null }, null, 2)}\n`);
  else if (found.length === 0) io.err('nothing differs\n');
  else io.out(`${accountTable(found, io)}${isAll ? '' : `the first ${found.length}; --limit shows more\n`}`);
  return found.length > 0 ? differs : exitCodes.ok;
}

function accountTable(accounts: readonly AccountView[], io: Io): string {
  return table(accounts, {
    io,
    columns: [
      { title: 'ACCOUNT', text: ({ user_id }) => user_id },
      { title: 'LOGIN', text: ({ login }) => login },
      { title: 'NAS', text: ({ nas }) => nas },
      {
        title: 'SHOULD BE (WAS MADE)',
        text: ({ differences }) =>
          differences
            .map(
              ({ key, desired, made, failed }) =>
                `${key} ${valueText(desired)} (${made === null ? 'nothing' : valueText(made)}${failed === null ? '' : `; failed: ${clean(failed)}`})`,
            )
            .join('; '),
      },
    ],
  });
}

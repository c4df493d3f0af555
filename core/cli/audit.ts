// `ossia audit`: who did what to many jobs, to boxes, and to whole plans.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { localTime, table } from './text.ts';

interface EntryView {
  readonly at: string;
  readonly by: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface PageView {
  readonly entries: readonly EntryView[];
  readonly next_cursor: string | null;
}

export const audit: Command = {
  help: `usage: ossia audit [--limit N] [--cursor CURSOR]

Who retried or skipped many jobs, paused or resumed boxes, or let a resync go on, and what came of it; from new to old.

  --limit N           most entries, 50 by default, 1000 at most
  --cursor CURSOR     go on where the list before ended
${addressHelp}`,
  async run(argv, io) {
    const { options: given } = readArguments(argv, {
      options: { ...addressOptions, limit: 'value', cursor: 'value' },
      words: 0,
    });
    const { limit, cursor, json } = given;
    const address = await daemonAddress(given);
    const page = await ask<PageView>(address, { path: '/v1/audit', query: { limit, cursor } });
    if (json !== undefined) io.out(`${JSON.stringify(page, null, 2)}\n`);
    else if (page.entries.length === 0) io.err('nobody did such a thing yet\n');
    else io.out(list(page.entries, io));
    if (json === undefined && page.next_cursor !== null)
      io.err(`there are more; go on with --cursor ${page.next_cursor}\n`);
    return exitCodes.ok;
  },
};

function list(rows: readonly EntryView[], io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'WHEN', text: ({ at }) => localTime(at) },
      { title: 'WHO', text: ({ by }) => by },
      { title: 'WHAT', text: ({ action }) => action },
      { title: 'DETAIL', text: ({ detail }) => Object.entries(detail).map(worded).join(' ') },
    ],
  });
}

function worded([name, value]: [string, unknown]): string {
  return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

// `ossia jobs`: list them, show one with all that was sent and answered, retry or skip one.
import { nearest } from '../model/did-you-mean.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { type JobDetail, type JobView, showJob, toneOf } from './show-job.ts';
import { clean, localTime, table } from './text.ts';

const help = `usage: ossia jobs [--state STATES] [--nas NAS] [--hook HOOK] [--user_id ID] [--login LOGIN] [--event ID] [--limit N]
       ossia jobs show ID
       ossia jobs retry ID
       ossia jobs skip ID --reason WHY

Lists jobs from new to old, shows one with its timeline, runs one again, or ends one without running it.

  --state STATES      waiting, running, retrying, parked, done, superseded, refused, dead, skipped; several with commas
  --nas NAS           name of a profile or address of a box
  --limit N           most jobs in the list, 50 by default, 1000 at most
  --cursor CURSOR     go on where the list before ended
${addressHelp}`;

const filters = {
  state: 'value',
  nas: 'value',
  hook: 'value',
  user_id: 'value',
  login: 'value',
  event: 'value',
} as const;
const options = { ...addressOptions, ...filters, limit: 'value', cursor: 'value', reason: 'value' } as const;
const actions = ['show', 'retry', 'skip'] as const;
type Action = (typeof actions)[number];

interface Page {
  readonly jobs: readonly JobView[];
  readonly next_cursor: string | null;
}

export const jobs: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 2 });
    const { json, socket: _socket, url: _url, 'token-file': _file, config: _config, reason, ...query } = given;
    const address = await daemonAddress(given);
    const [word, id] = words;
    if (word !== undefined) return act({ action: actionOf(word), id, reason, address, io, json: json !== undefined });

    const page = await ask<Page>(address, { path: '/v1/jobs', query });
    if (json !== undefined) io.out(`${JSON.stringify(page, null, 2)}\n`);
    else if (page.jobs.length === 0)
      io.err(Object.keys(query).length === 0 ? 'there is no job yet\n' : 'no such jobs\n');
    else io.out(list(page.jobs, io));
    if (json === undefined && page.next_cursor !== null)
      io.err(`there are more; go on with --cursor ${page.next_cursor}\n`);
    return exitCodes.ok;
  },
};

interface Acting {
  readonly action: Action;
  readonly id: string | undefined;
  readonly reason: string | undefined;
  readonly address: DaemonAddress;
  readonly io: Io;
  readonly json: boolean;
}

async function act({ action, id, reason, address, io, json }: Acting): Promise<number> {
  if (id === undefined) throw new UsageError(`say which job: ossia jobs ${action} ID`);
  if (action === 'skip' && reason === undefined) throw new UsageError('say why with --reason; it stays in the journal');
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  if (action === 'show') {
    const job = await ask<JobDetail>(address, { path });
    io.out(json ? `${JSON.stringify(job, null, 2)}\n` : showJob(job, io));
    return exitCodes.ok;
  }
  const body = action === 'skip' ? { reason } : {};
  const job = await ask<JobView>(address, { method: 'POST', path: `${path}/${action}`, body });
  io.out(json ? `${JSON.stringify(job, null, 2)}\n` : `job ${job.id} is ${job.state}: ${clean(job.reason)}\n`);
  return exitCodes.ok;
}

function actionOf(word: string): Action {
  const found = actions.find((action) => action === word);
  if (found !== undefined) return found;
  const near = nearest(word, actions);
  throw new UsageError(
    `there is no "jobs ${word}"${near === undefined ? '; there are show, retry, skip' : `; did you mean ${near}?`}`,
  );
}

function list(rows: readonly JobView[], io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'JOB', text: ({ id }) => id, align: 'right' },
      { title: 'STATE', text: ({ state }) => state, tone: ({ state }) => toneOf(state) },
      { title: 'HOOK', text: ({ hook }) => hook },
      { title: 'USER', text: ({ user_id }) => user_id },
      { title: 'LOGIN', text: ({ login }) => login },
      { title: 'NAS', text: ({ nas, nas_key }) => nas ?? nas_key },
      { title: 'RUNS', text: ({ attempt }) => String(attempt), align: 'right' },
      { title: 'CHANGED', text: ({ updated_at }) => localTime(updated_at) },
      { title: 'REASON', text: ({ reason }) => reason },
    ],
  });
}

// `ossia jobs`: list them, show one with all that was sent and answered, retry or skip one.
import { nearest } from '../model/did-you-mean.ts';
import { type CommandLine, readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { bulkJobs } from './jobs-bulk.ts';
import { type JobDetail, type JobView, showJob, toneOf } from './show-job.ts';
import { type PlanView, planExitCode, showPlan } from './show-plan.ts';
import { clean, localTime, table } from './text.ts';

const help = `usage: ossia jobs [FILTER ...] [--limit N] [--cursor CURSOR]
       ossia jobs show ID
       ossia jobs retry ID|FILTER ...|--all [--set NAME=VALUE ...] [--reason WHY] [--dry-run] [--yes]
       ossia jobs skip ID|FILTER ...|--all --reason WHY [--dry-run] [--yes]

Lists jobs from new to old, shows one with its timeline, runs one or all that match again, or ends them without running them.
Of many, it shows first how many there are on which NAS, and asks; a retry then leaves alone what waits by itself and what was
skipped, unless --state says otherwise.

  --state STATES      waiting, running, retrying, parked, done, superseded, refused, dead, skipped; several with commas
  --nas NAS           name of a profile or address of a box
  --hook HOOK  --user_id ID  --login LOGIN  --event ID
  --error CODE        with this code: nas_timeout, nas_refused, ...; ossia jobs show ID says it
  --older-than AGE    unchanged for so long: 2h, 30m, 7d
  --limit N           most jobs in the list, 50 by default, 1000 at most
  --cursor CURSOR     go on where the list before ended

  --all               every job there is
  --set NAME=VALUE    run it with this variable changed; --set NAME= takes it away
  --dry-run           of one: say what it would send to its box; of many: only count them
  --yes               do not ask
${addressHelp}`;

const filters = {
  state: 'value',
  nas: 'value',
  hook: 'value',
  user_id: 'value',
  login: 'value',
  event: 'value',
  error: 'value',
  'older-than': 'value',
} as const;
const paging = { limit: 'value', cursor: 'value' } as const;
const acting = { reason: 'value', set: 'list', all: 'flag', 'dry-run': 'flag', yes: 'flag' } as const;
const options = { ...addressOptions, ...filters, ...paging, ...acting } as const;
const actions = ['show', 'retry', 'skip'] as const;
type Action = (typeof actions)[number];
type Line = CommandLine<keyof typeof options>;

interface Page {
  readonly jobs: readonly JobView[];
  readonly next_cursor: string | null;
}

export const jobs: Command = {
  help,
  async run(argv, io) {
    const line = readArguments(argv, { options, words: 2 });
    const { json } = line.options;
    const [word, id] = line.words;
    const action = word === undefined ? undefined : actionOf(word);
    refuseStray(line, action);
    const address = await daemonAddress(line.options);
    if (action !== undefined) return act({ action, id, line, address, io });

    const { limit, cursor } = line.options;
    const filter = filterOf(line);
    const page = await ask<Page>(address, { path: '/v1/jobs', query: { ...filter, limit, cursor } });
    if (json !== undefined) io.out(`${JSON.stringify(page, null, 2)}\n`);
    else if (page.jobs.length === 0)
      io.err(Object.keys(filter).length === 0 ? 'there is no job yet\n' : 'no such jobs\n');
    else io.out(list(page.jobs, io));
    if (json === undefined && page.next_cursor !== null)
      io.err(`there are more; go on with --cursor ${page.next_cursor}\n`);
    return exitCodes.ok;
  },
};

function filterOf({ options: given }: Line): Record<string, string> {
  const said = Object.keys(filters).flatMap((name) => {
    const value = given[name as keyof typeof filters];
    return value === undefined ? [] : [[name.replace('-', '_'), value]];
  });
  return Object.fromEntries(said) as Record<string, string>;
}

/** What would be left out without a word. */
function refuseStray({ options: given, lists }: Line, action: Action | undefined): void {
  const wrong = [
    ...(action === undefined ? Object.keys(acting) : Object.keys(paging)),
    ...(action === 'show' ? [...Object.keys(acting), ...Object.keys(filters)] : []),
    ...(action === 'skip' ? ['set'] : []),
  ].find((name) => Object.hasOwn(given, name) || Object.hasOwn(lists, name));
  if (wrong === undefined) return;
  const goes = Object.hasOwn(acting, wrong) ? 'goes with "ossia jobs retry" or "skip"' : 'is for lists of jobs';
  throw new UsageError(`--${wrong} ${action === 'skip' && wrong === 'set' ? 'goes with "ossia jobs retry"' : goes}`);
}

interface Acting {
  readonly action: Action;
  readonly id: string | undefined;
  readonly line: Line;
  readonly address: DaemonAddress;
  readonly io: Io;
}

async function act({ action, id, line, address, io }: Acting): Promise<number> {
  const { reason, all, yes, json: asJson, 'dry-run': dry } = line.options;
  const [json, dryRun] = [asJson !== undefined, dry !== undefined];
  const filter = filterOf(line);
  const isMany = all !== undefined || Object.keys(filter).length > 0;
  if ((id !== undefined) === isMany || (all !== undefined && Object.keys(filter).length > 0))
    throw new UsageError(
      action === 'show'
        ? 'say which job: ossia jobs show ID'
        : 'say which jobs, in one way: ID, filters like --nas bras-1 --state dead, or --all',
    );
  if (action === 'skip' && reason === undefined) throw new UsageError('say why with --reason; it stays in the journal');
  const set = setOf(line);
  if (action !== 'show' && id === undefined) {
    const which = all === undefined ? { filter } : { all: true };
    const body = { ...which, reason, ...(set && { edit: { variables: set } }) };
    return bulkJobs({ action, body, dryRun, yes: yes !== undefined, json, address, io });
  }
  const path = `/v1/jobs/${encodeURIComponent(id ?? '')}`;
  if (action === 'show') {
    const job = await ask<JobDetail>(address, { path });
    io.out(json ? `${JSON.stringify(job, null, 2)}\n` : showJob(job, io));
    return exitCodes.ok;
  }
  const body = action === 'skip' ? { reason } : { account: set };
  const order = { method: 'POST', path: `${path}/${action}`, body } as const;
  if (dryRun && action === 'retry') {
    const plan = await ask<PlanView>(address, { ...order, query: { dry_run: 'true' } });
    io.out(json ? `${JSON.stringify(plan, null, 2)}\n` : showPlan(plan, io));
    return planExitCode(plan);
  }
  const job = await ask<JobView>(address, dryRun ? { ...order, query: { dry_run: 'true' } } : order);
  const still = dryRun ? 'nothing is changed: ' : '';
  io.out(json ? `${JSON.stringify(job, null, 2)}\n` : `${still}job ${job.id} is ${job.state}: ${clean(job.reason)}\n`);
  return exitCodes.ok;
}

function setOf({ lists: { set } }: Line): Record<string, string> | undefined {
  if (set === undefined) return undefined;
  return Object.fromEntries(
    set.map((pair) => {
      const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined)
        throw new UsageError(`--set takes NAME=VALUE, as in --set ip=10.0.0.9; not "${pair}"`);
      return [name, value];
    }),
  );
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

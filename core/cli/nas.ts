// `ossia nas`: what is in force on every NAS, and what is wrong with a save that is not.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { resyncAbout, resyncHelp, resyncNas } from './nas-resync.ts';
import { syncNas } from './nas-sync.ts';
import { clean, localTime, painter, type Tone, table } from './text.ts';

const help = `usage: ossia nas
       ossia nas show NAME
       ossia nas sync NAME [--any-share] [--dry-run]
${resyncHelp}

Lists every NAS profile: which plugin is in force since when, how its box answers, what waits for it, and, when the newest
save of the file was refused, why, with file and line.

"sync" compares the live sessions with those that the box lists: closes what two listings in a row have not got, adopts what is
unknown. Without --any-share it closes none when they are more than the profile's sessions.most_closed.

${resyncAbout}

exit codes: 0 done, 1 refused, or the box gave no list, or too many are missing, 75 the daemon is not there.

${addressHelp}`;

interface NasView {
  readonly name: string;
  readonly file: string;
  readonly state: 'live' | 'outdated' | 'refused';
  readonly address: string | null;
  readonly plugin: {
    readonly name: string;
    readonly version: string;
    readonly hash: string;
    readonly hooks: readonly string[];
  } | null;
  readonly beside: NasView['plugin'];
  readonly shadow: { readonly name: string; readonly version: string | null; readonly hash: string | null } | null;
  readonly transports: readonly {
    readonly name: string;
    readonly host: string | null;
    readonly port: number | null;
    readonly grants: readonly string[];
  }[];
  readonly match: Readonly<Record<string, readonly string[]>>;
  readonly since: string | null;
  readonly problem: string;
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
  readonly warning: string;
  readonly trial: { readonly against: string; readonly runs: number; readonly worse: number } | null;
  readonly quarantine: { readonly since: string; readonly reason: string } | null;
  readonly running: number;
  readonly waiting: number;
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly next_probe_at: string | null;
  readonly usage: {
    readonly runs: number;
    readonly calls: number;
    readonly run_seconds: number;
    readonly cpu_seconds: number;
    readonly memory_bytes: number;
  } | null;
  readonly paused: {
    readonly scope: string;
    readonly by: string;
    readonly reason: string;
    readonly since: string;
  } | null;
}

const syncOptions = { 'any-share': 'flag', 'dry-run': 'flag' } as const;

export const nas: Command = {
  help,
  async run(argv, io) {
    if (argv[0] === 'resync') return resyncNas(argv.slice(1), io);
    const { words, options } = readArguments(argv, { options: { ...addressOptions, ...syncOptions }, words: 2 });
    const address = await daemonAddress(options);
    const [word, name] = words;
    if (word !== undefined && ((word !== 'show' && word !== 'sync') || name === undefined))
      throw new UsageError('say "ossia nas", or "ossia nas show", "sync" or "resync" and a NAME');
    const [anyShare, dryRun] = [options['any-share'] !== undefined, options['dry-run'] !== undefined];
    if ((anyShare || dryRun) && word !== 'sync')
      throw new UsageError(`--${anyShare ? 'any-share' : 'dry-run'} goes with "ossia nas sync NAME"`);
    if (word === 'sync' && name !== undefined)
      return syncNas({ address, name, anyShare, dryRun, json: options.json !== undefined, io });
    if (name !== undefined) {
      const one = await ask<NasView>(address, { path: `/v1/nas/${encodeURIComponent(name)}` });
      io.out(options.json === undefined ? show(one, io) : `${JSON.stringify(one, null, 2)}\n`);
      return exitCodes.ok;
    }
    const all = await ask<{ readonly nas: readonly NasView[] }>(address, { path: '/v1/nas' });
    if (options.json !== undefined) io.out(`${JSON.stringify(all, null, 2)}\n`);
    else if (all.nas.length === 0)
      io.err('there is no NAS profile yet; save one as NAME.yaml in the folder of profiles\n');
    else io.out(list(all.nas, io));
    return exitCodes.ok;
  },
};

const stateTones: Readonly<Record<NasView['state'], Tone>> = { live: 'good', outdated: 'busy', refused: 'bad' };
const breakerTone = (breaker: NasView['breaker']): Tone => (breaker === 'closed' ? 'plain' : 'bad');
/** What keeps jobs from running: somebody's pause, a quarantine, or a breaker that is not closed. */
const gateText = ({ paused, quarantine, breaker }: NasView): string =>
  [...(paused === null ? [] : ['paused']), ...(quarantine === null ? [] : ['quarantine']), breaker].join(', ');
const program = ({ plugin, beside }: NasView) =>
  [plugin, beside].flatMap((one) => (one === null ? [] : [`${one.name}@${one.version}`])).join(' + ') || '-';

/** In one line; `nas show` has a line for each. */
function problemLine({ problem, problems, warning, quarantine }: NasView): string {
  if (quarantine !== null) return `quarantine: ${quarantine.reason}`;
  if (problems.length > 0) return problems.map((one) => `${one.where}: ${one.problem}`).join('; ');
  return (problem || warning).replaceAll('\n', '; ');
}

function list(rows: readonly NasView[], io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'NAS', text: ({ name }) => name },
      { title: 'PLUGIN', text: program },
      { title: 'ADDRESS', text: ({ address }) => address ?? '-' },
      { title: 'STATE', text: ({ state }) => state, tone: ({ state }) => stateTones[state] },
      {
        title: 'BREAKER',
        text: gateText,
        tone: ({ paused, quarantine, breaker }) =>
          quarantine !== null ? 'bad' : paused === null ? breakerTone(breaker) : 'busy',
      },
      { title: 'WAITING', text: ({ waiting }) => String(waiting), align: 'right' },
      { title: 'RUNNING', text: ({ running }) => String(running), align: 'right' },
      { title: 'SINCE', text: ({ since }) => localTime(since) },
      { title: 'PROBLEM', text: problemLine },
    ],
  });
}

function pausedText({ scope, by, reason, since }: NonNullable<NasView['paused']>): string {
  return `${clean(scope)} since ${localTime(since)} by ${clean(by)}: ${clean(reason)}`;
}

function trialText({ against, runs, worse }: NonNullable<NasView['trial']>): string {
  return `${worse} of its first ${runs} jobs failed that ${clean(against)} then did`;
}

function quarantineText({ since, reason }: NonNullable<NasView['quarantine']>): string {
  return `in quarantine since ${localTime(since)}: ${clean(reason)}; ossia plugin release lets it go`;
}

/** Since the profile was first in force. */
function usageText({ runs, calls, run_seconds, cpu_seconds, memory_bytes }: NonNullable<NasView['usage']>): string {
  const each = (total: number): string => `${((1000 * total) / Math.max(1, runs)).toFixed(1)} ms a run`;
  const memory = `${(memory_bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${runs} runs with ${calls} calls; ${each(run_seconds)}, of it CPU ${each(cpu_seconds)}; ${memory}`;
}

function besideText({ beside }: NasView): string {
  if (beside === null) return '';
  return `${beside.name}@${beside.version}#${beside.hash} for ${beside.hooks.join(' ')}`;
}

function shadowText({ shadow }: NasView): string {
  if (shadow === null) return '';
  return `${shadow.version === null ? shadow.name : `${shadow.name}@${shadow.version}#${shadow.hash}`} looks on`;
}

function show(one: NasView, io: Io): string {
  const paint = painter(io);
  const { plugin } = one;
  const places = one.transports.map(({ name, host, port }) =>
    [name, host, port].filter((part) => part !== null).join(' '),
  );
  const match = Object.entries(one.match).filter(([, values]) => values.length > 0);
  const facts: [string, string][] = [
    ['state', paint(stateTones[one.state], one.state)],
    ['file', clean(one.file)],
    ['plugin', plugin === null ? '' : `${plugin.name}@${plugin.version}#${plugin.hash}`],
    ['beside', besideText(one)],
    ['shadow', shadowText(one)],
    ['since', localTime(one.since)],
    ['match', match.map(([name, values]) => `${name} ${values.join(', ')}`).join('; ')],
    ['reach', places.join('; ')],
    [
      'may',
      one.transports.map(({ name, grants }) => `${name}: ${grants.map(clean).join(', ') || 'nothing'}`).join('; '),
    ],
    ['jobs', `${one.running} running, ${one.waiting} waiting`],
    [
      'breaker',
      paint(breakerTone(one.breaker), one.breaker) +
        (one.next_probe_at ? `, next try ${localTime(one.next_probe_at)}` : ''),
    ],
    ['paused', one.paused === null ? '' : paint('busy', pausedText(one.paused))],
    ['trial', one.trial === null ? '' : trialText(one.trial)],
    ['held', one.quarantine === null ? '' : paint('bad', quarantineText(one.quarantine))],
    ['used', one.usage === null ? '' : usageText(one.usage)],
    ['hooks', plugin?.hooks.join(' ') ?? ''],
    ['warning', clean(one.warning)],
    ['problem', one.problems.length === 0 ? clean(one.problem) : ''],
  ];
  const lines = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `  ${paint('faint', name.padEnd(7))}  ${value}`);
  const problems = one.problems.map(
    ({ where, problem }) => `  ${paint('bad', 'problem')}  ${clean(where)}: ${clean(problem)}`,
  );
  return `${[one.name, ...lines, ...problems].join('\n')}\n`;
}

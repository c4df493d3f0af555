// `ossia nas resync`: compares a box with what its accounts should have, shows the plan, and says how the applying ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { readArguments } from './arguments.ts';
import { exitCodes, type Io, UsageError } from './command.ts';
import { addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { valueText } from './show-account.ts';
import { clean, localTime, painter, type Tone, table } from './text.ts';

export const resyncHelp = `       ossia nas resync NAME [--dry-run] [--only access,rate,nat,services,logged] [--wait [SECONDS]] [--items N] [--expect-empty]
       ossia nas resync NAME --approve RUN | --cancel RUN [--dry-run]
       ossia nas resync NAME --list`;

export const resyncAbout = `"resync" compares what the box has with what its accounts should have and puts right what differs, below live events. A list that
is empty, broken off or old changes nothing; when more than the profile's share would be removed, or is missing, it asks: --approve
or --cancel with its RUN; with --dry-run they show what that plan would do. A box that is new or was replaced lists nobody:
--expect-empty says so, and it is filled. --wait stays until what differs is handed on to the box (600 seconds when it is not said).
exit codes of "resync": 0 nothing differs, or it is being put right (with --wait: is), 1 refused or cancelled, 4 (--wait) not ended
yet, 5 (--dry-run) it differs, 6 it asks.`;

export const resyncCodes = { differs: 5, asks: 6 } as const;

interface ResyncView {
  readonly id: string;
  readonly nas: string;
  readonly cause: string;
  readonly by: string;
  readonly dry_run: boolean;
  readonly expect_empty: boolean;
  readonly state: 'planning' | 'asks' | 'applying' | 'done' | 'refused' | 'cancelled';
  readonly reason: string;
  readonly counts: Readonly<
    Record<
      'desired' | 'listed' | 'same' | 'unknown' | 'add' | 'change' | 'remove' | 'foreign' | 'applied' | 'overtaken',
      number
    >
  >;
  readonly created_at: string;
}

interface ItemView {
  readonly user_id: string;
  readonly kind: string;
  readonly differences: readonly { readonly key: string; readonly desired: string; readonly found: string | null }[];
  readonly on_box: Readonly<Record<string, string>>;
}

const grammar = {
  ...addressOptions,
  'dry-run': 'flag',
  'expect-empty': 'flag',
  only: 'value',
  wait: 'number?',
  items: 'value',
  approve: 'value',
  cancel: 'value',
  list: 'flag',
} as const;

/** What follows `ossia nas resync`. */
export async function resyncNas(argv: readonly string[], io: Io): Promise<number> {
  const { words, options } = readArguments(argv, { options: grammar, words: 1 });
  const [name] = words;
  if (name === undefined) throw new UsageError('say which: "ossia nas resync NAME"');
  const answers = (['approve', 'cancel', 'list'] as const).filter((one) => options[one] !== undefined);
  if (answers.length > 1) throw new UsageError('only one of --approve, --cancel and --list at once');
  const stray = (['only', 'expect-empty'] as const).find((one) => options[one] !== undefined);
  if (answers[0] !== undefined && stray !== undefined)
    throw new UsageError(`--${stray} is for a new run; it does not go with --${answers[0]}`);
  const address = await daemonAddress(options);
  const isJson = options.json !== undefined;
  if (options.list !== undefined) return listRuns({ address, name, isJson, io });
  const begun = await begin({ address, name, options });
  const seconds = options.wait === undefined ? 0 : Number(options.wait || 600);
  const run = await follow({ address, run: begun, until: Date.now() + seconds * 1000 });
  const isTried = options['dry-run'] !== undefined;
  const items = await itemsOf({ address, run, limit: numberOf(options.items ?? (isTried ? '20' : '0')) });
  if (isJson) io.out(`${JSON.stringify({ ...run, ...(items.length > 0 && { items }) }, null, 2)}\n`);
  else io.out(show({ run, items, isTried, io }));
  return exitCodeOf(run, options.wait !== undefined);
}

function exitCodeOf({ state, dry_run, counts }: ResyncView, isWaiting: boolean): number {
  if (state === 'asks') return resyncCodes.asks;
  if (state === 'refused' || state === 'cancelled') return exitCodes.refused;
  if (state !== 'done') return isWaiting ? exitCodes.notEnded : exitCodes.ok;
  return dry_run && planned(counts) > 0 ? resyncCodes.differs : exitCodes.ok;
}

const planned = ({ add, change, remove }: ResyncView['counts']): number => add + change + remove;

function numberOf(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw new UsageError('--items takes a number, 1000 at most');
}

interface Beginning {
  readonly address: DaemonAddress;
  readonly name: string;
  readonly options: Partial<Record<keyof typeof grammar, string>>;
}

function begin({ address, name, options }: Beginning): Promise<ResyncView> {
  const { approve, cancel, only } = options;
  const isDry = options['dry-run'] !== undefined;
  const query = isDry ? { dry_run: 'true' } : {};
  const act = async (run: string, what: string) => {
    const path = `/v1/resyncs/${encodeURIComponent(run)}`;
    const { nas } = await ask<ResyncView>(address, { path });
    if (nas !== name) throw new UsageError(`${run} is a resync of ${nas}, not of ${name}; nothing is changed`);
    return ask<ResyncView>(address, { method: 'POST', path: `${path}/${what}`, query });
  };
  if (approve !== undefined) return act(approve, 'approve');
  if (cancel !== undefined) return act(cancel, 'cancel');
  const body = {
    only: only === undefined ? [] : only.split(',').map((topic) => topic.trim()),
    ...(options['expect-empty'] !== undefined && { expect_empty: true }),
  };
  return ask<ResyncView>(address, { method: 'POST', path: `/v1/nas/${encodeURIComponent(name)}/resync`, query, body });
}

/** To the end of the plan in any case, and then until it is applied or the time is over. */
async function follow(from: { address: DaemonAddress; run: ResyncView; until: number }): Promise<ResyncView> {
  const { address, until } = from;
  let { run } = from;
  const path = `/v1/resyncs/${run.id}`;
  while (run.state === 'planning') run = await ask<ResyncView>(address, { path, query: { wait: 'true' } });
  for (let pause = 50; run.state === 'applying' && Date.now() < until; pause = Math.min(pause * 1.5, 1000)) {
    await sleep(pause);
    run = await ask<ResyncView>(address, { path });
  }
  return run;
}

async function itemsOf(asked: { address: DaemonAddress; run: ResyncView; limit: number }) {
  const { address, run, limit } = asked;
  if (limit === 0 || planned(run.counts) === 0) return [];
  const path = `/v1/resyncs/${run.id}/items`;
  return (await ask<{ items: readonly ItemView[] }>(address, { path, query: { limit: String(limit) } })).items;
}

const tones: Readonly<Record<ResyncView['state'], Tone>> = {
  planning: 'busy',
  asks: 'bad',
  applying: 'busy',
  done: 'good',
  refused: 'bad',
  cancelled: 'bad',
};

interface Shown {
  readonly run: ResyncView;
  readonly items: readonly ItemView[];
  /** Nothing came of it: this only shows. */
  readonly isTried: boolean;
  readonly io: Io;
}

function show({ run, items, isTried, io }: Shown): string {
  const { counts, state, nas, id } = run;
  const head = `${nas}  resync ${id}  ${painter(io)(tones[state], run.dry_run ? `${state} (dry run)` : state)}`;
  const lines = [head];
  if (run.reason !== '') lines.push(`  ${clean(run.reason)}`);
  // Without a list there is nothing that was compared.
  if (state !== 'refused' || counts.desired > 0) lines.push(...comparedLines(run));
  if (state === 'refused' && counts.listed === 0 && counts.desired > 0)
    lines.push(`  If that box is new, or was replaced: ossia nas resync ${nas} --expect-empty`);
  if (state === 'asks')
    lines.push(
      `  ossia nas resync ${nas} --approve ${id}   or   --cancel ${id}${isTried ? '' : '   (--dry-run shows what it would do)'}`,
    );
  if (isTried && !run.dry_run) lines.push('  Nothing is changed by this: it is only shown.');
  const more =
    items.length > 0 && items.length < planned(counts) ? `  and ${planned(counts) - items.length} more\n` : '';
  return `${lines.join('\n')}\n${items.length > 0 ? itemTable(items, io) : ''}${more}`;
}

function comparedLines({ counts, dry_run }: ResyncView): string[] {
  const rest = [
    ...(counts.unknown > 0 ? [`${counts.unknown} it cannot tell of`] : []),
    ...(counts.foreign > 0 ? [`${counts.foreign} not ours, left alone`] : []),
  ];
  const plan = `  ${counts.add} to add, ${counts.change} to change, ${counts.remove} to remove`;
  const late = counts.overtaken > 0 ? `, ${counts.overtaken} told anew meanwhile` : '';
  const done = dry_run || planned(counts) === 0 ? '' : `: ${counts.applied} handed on${late}`;
  return [
    `  ${counts.desired} should be there, ${counts.listed} listed, ${counts.same} as they should be${rest.map((text) => `, ${text}`).join('')}`,
    plan + done,
  ];
}

function itemTable(items: readonly ItemView[], io: Io): string {
  const names = ({ on_box }: ItemView) => [on_box['login'], on_box['ip']].filter(Boolean).join(' ');
  return table(items, {
    io,
    columns: [
      { title: 'ACCOUNT', text: ({ user_id }) => user_id },
      { title: 'DO', text: ({ kind }) => kind },
      {
        title: 'SHOULD BE (IS)',
        text: (item) =>
          item.kind === 'remove'
            ? `gone (${names(item) || 'there'})`
            : item.differences
                .map(
                  ({ key, desired, found }) =>
                    `${key} ${valueText(desired)} (${found === null ? 'not there' : valueText(found)})`,
                )
                .join('; '),
      },
    ],
  });
}

async function listRuns(asked: { address: DaemonAddress; name: string; isJson: boolean; io: Io }): Promise<number> {
  const { address, name, isJson, io } = asked;
  const path = `/v1/nas/${encodeURIComponent(name)}/resync`;
  const answer = await ask<{ readonly resyncs: readonly ResyncView[] }>(address, { path });
  if (isJson) io.out(`${JSON.stringify(answer, null, 2)}\n`);
  else
    io.out(
      table(answer.resyncs, {
        io,
        columns: [
          { title: 'RUN', text: ({ id }) => id },
          { title: 'BEGAN', text: ({ created_at }) => localTime(created_at) },
          { title: 'BY', text: ({ by }) => by },
          { title: 'STATE', text: ({ state }) => state, tone: ({ state }) => tones[state] },
          { title: 'DIFFERED', text: ({ counts }) => String(planned(counts)), align: 'right' },
          {
            title: 'REASON',
            text: ({ reason, dry_run, cause, expect_empty }) =>
              [
                dry_run ? 'dry run' : '',
                cause === 'reboot' ? 'the box began anew' : '',
                expect_empty ? 'said to be empty' : '',
                reason,
              ]
                .filter(Boolean)
                .join(': '),
          },
        ],
      }),
    );
  return exitCodes.ok;
}

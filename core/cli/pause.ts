// `ossia pause` and `ossia resume`: nothing new runs at a box, at those of a plugin, or anywhere, until somebody lifts it.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean, localTime, table } from './text.ts';

const options = {
  ...addressOptions,
  plugin: 'value',
  all: 'flag',
  reason: 'value',
  'dry-run': 'flag',
} as const;

interface PauseView {
  readonly scope: string;
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  readonly boxes: readonly string[];
}

interface ResumedView {
  readonly scope: string;
  readonly boxes: readonly string[];
  readonly still_paused: readonly { readonly nas: string; readonly scope: string }[];
}

export const pause: Command = {
  help: `usage: ossia pause
       ossia pause NAS|--plugin NAME|--all --reason WHY [--dry-run]

Lists what is paused; or lets nothing new run at a box, at all boxes of a plugin, or anywhere. Events go on being taken and their
jobs wait; what runs ends. A pause holds over restarts, until "ossia resume".

  --dry-run           say for which boxes it would be
${addressHelp}`,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 1 });
    const { reason, json } = given;
    const address = await daemonAddress(given);
    if (words.length === 0 && given.plugin === undefined && given.all === undefined) {
      if (reason !== undefined || given['dry-run'] !== undefined)
        throw new UsageError('say what to pause: NAS, --plugin NAME, or --all');
      const listed = await ask<{ readonly pauses: readonly PauseView[] }>(address, { path: '/v1/pauses' });
      if (json !== undefined) io.out(`${JSON.stringify(listed, null, 2)}\n`);
      else if (listed.pauses.length === 0) io.err('nothing is paused\n');
      else io.out(list(listed.pauses, io));
      return exitCodes.ok;
    }
    if (reason === undefined) throw new UsageError('say why with --reason; whoever looks at the box sees it');
    const body = { ...whichOf(words[0], given), reason };
    const done = await ask<PauseView>(address, { method: 'POST', path: '/v1/pause', query: dryRunOf(given), body });
    const would = given['dry-run'] === undefined ? 'is' : 'would be';
    io.out(
      json === undefined
        ? `${clean(done.scope)} ${would} paused: ${boxes(done)}\n`
        : `${JSON.stringify(done, null, 2)}\n`,
    );
    return exitCodes.ok;
  },
};

export const resume: Command = {
  help: `usage: ossia resume NAS|--plugin NAME|--all [--reason WHY] [--dry-run]

Lifts a pause; what waited runs at once. "ossia pause" lists what is paused.

${addressHelp}`,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 1 });
    const body = { ...whichOf(words[0], given), reason: given.reason };
    const address = await daemonAddress(given);
    const done = await ask<ResumedView>(address, { method: 'POST', path: '/v1/resume', query: dryRunOf(given), body });
    const still = done.still_paused
      .map(({ nas, scope }) => `${clean(nas)} is still paused by ${clean(scope)}\n`)
      .join('');
    const would = given['dry-run'] === undefined ? 'is' : 'would be';
    const line = `${clean(done.scope)} ${would} resumed: ${boxes(done)}\n${still}`;
    io.out(given.json === undefined ? line : `${JSON.stringify(done, null, 2)}\n`);
    return exitCodes.ok;
  },
};

interface Given {
  readonly plugin?: string;
  readonly all?: string;
  readonly 'dry-run'?: string;
}

function whichOf(nas: string | undefined, { plugin, all }: Given): object {
  const ways = [nas, plugin, all].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new UsageError('say what, in one way: NAS, --plugin NAME, or --all');
  return all === undefined ? { nas, plugin } : { all: true };
}

function dryRunOf(given: Given): Record<string, string> {
  return given['dry-run'] === undefined ? {} : { dry_run: 'true' };
}

function boxes({ boxes: names }: { readonly boxes: readonly string[] }): string {
  return names.length === 0 ? 'no profile is in force that it is for' : names.map(clean).join(', ');
}

function list(rows: readonly PauseView[], io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'PAUSED', text: ({ scope }) => scope, tone: () => 'busy' },
      { title: 'SINCE', text: ({ since }) => localTime(since) },
      { title: 'BY', text: ({ by }) => by },
      { title: 'BOXES', text: (row) => String(row.boxes.length), align: 'right' },
      { title: 'REASON', text: ({ reason }) => reason },
    ],
  });
}

// `ossia plugin dev`: at each save of a plugin its types and its cases, until Ctrl-C; beside it, what a running daemon does with it.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OssiaError } from '../errors.ts';
import type { PluginReport } from '../plugin-kit/try-plugin.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { createRounds, type Round } from './plugin-dev-round.ts';
import { tailNas } from './plugin-dev-tail.ts';
import { folderOf, inWords } from './plugin-folder.ts';
import { caseText } from './plugin-test.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia plugin dev NAME [--only HOOK[/CASE]] [--in-process] [--nas NAS]

Type-checks and bundles a plugin and runs its cases against its simulator, now and at each save, and shows what is wrong with it,
until Ctrl-C. A save that comes while it is at work makes it begin anew. NAME is a plugin of ossia.yaml's folder, or the path
of a folder anywhere. A daemon with this folder among its plugins takes a save over by itself: watch that with --nas.

  --only HOOK         cases of this hook only; HOOK/CASE: this case only
  --in-process        in plain Node instead of the sandbox: a little faster
  --nas NAS           follow the jobs of this box in a running daemon too: each that ends, with all that was sent and answered
${addressHelp.replace(/ {2}--json.*\n/, '  --json              a JSON document to a line: one for each save\n')}
exit codes
  0  ended by Ctrl-C or SIGTERM
  1  there is no such folder
  2  used wrongly
`;

const options = { ...addressOptions, only: 'value', 'in-process': 'flag', nas: 'value' } as const;

export const pluginDev: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 1 });
    const [name] = words;
    if (name === undefined) throw new UsageError('say which plugin');
    const { json, only, nas } = given;
    const print = json === undefined;
    return inWords('dev', { io, json }, async () => {
      const folder = resolve(await folderOf(name, given.config, io));
      if (!(await stat(folder).catch(() => null))?.isDirectory())
        throw new OssiaError('not_found', `There is no folder ${folder}; ossia plugin new ${name} makes one.`);
      const address = nas === undefined ? undefined : await daemonAddress(given);
      const stop = new AbortController();
      const releases = (['SIGINT', 'SIGTERM'] as const).map((signal) => io.onSignal(signal, () => stop.abort()));
      const { watchPlugin } = await import('../plugin-kit/watch-plugin.ts');
      const rounds = createRounds({
        folder,
        only,
        engine: given['in-process'] === undefined ? 'sandbox' : 'in-process',
        onRound: (round) => io.out(print ? roundText(round, io) : `${JSON.stringify(round)}\n`),
      });
      const watching = watchPlugin({
        folder,
        onChange: (files) => rounds.begin(files),
        onError: (error) => io.err(`ossia plugin dev: cannot watch ${folder}: ${String(error)}\n`),
      });
      try {
        await watching.ready;
        if (print) io.out(`watching ${clean(folder)}; Ctrl-C ends it\n`);
        rounds.begin([]);
        const tail = address && tailNas({ address, nas: nas ?? '', io, json: !print, signal: stop.signal });
        await Promise.all([aborted(stop.signal), tail]);
        return exitCodes.ok;
      } finally {
        for (const release of releases) release();
        await watching.close();
        await rounds.close();
      }
    });
  },
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

function roundText({ files, types, report, refusal, ms }: Round, io: Io): string {
  const paint = painter(io);
  const time = new Date().toTimeString().slice(0, 8);
  const about = files.length === 0 ? '' : `  ${files.slice(0, 3).join(', ')}${files.length > 3 ? ', ...' : ''}`;
  const typed =
    types === null
      ? [`${paint('busy', '-   ')}  types: TypeScript is not installed here`]
      : types.map(({ where, problem }) => `${paint('bad', 'type')}  ${clean(where)}: ${clean(problem)}`);
  const refused = refusal.map((line) => `${paint('bad', 'FAIL')}  ${clean(line)}`);
  const tried = report === null ? [] : [greenText(report, io), ...failures(report, io)].filter(Boolean);
  const isWell = refusal.length === 0 && (types ?? []).length === 0 && report?.ok === true;
  const count = report === null ? 'no case was run' : countText(report);
  const wrong = types === null || types.length === 0 ? '' : `, ${types.length} wrong in types`;
  const last = paint(isWell ? 'good' : 'bad', `${count}${wrong}`);
  const lines = [`\n${paint('faint', time + clean(about))}`, ...typed, ...refused, ...tried, `${last}  ${ms} ms`];
  return `${lines.join('\n')}\n`;
}

/** A hook to a line. */
function greenText({ cases }: PluginReport, io: Io): string {
  const good = Map.groupBy(
    cases.filter(({ differences }) => differences.length === 0),
    ({ hook }) => hook,
  );
  const lines = [...good].sort(([one], [other]) => (one < other ? -1 : 1));
  return lines
    .map(
      ([hook, of]) =>
        `${painter(io)('good', 'ok  ')}  ${hook}  ${of
          .map(({ name }) => name)
          .sort()
          .join(', ')}`,
    )
    .join('\n');
}

function failures({ cases }: PluginReport, io: Io): string[] {
  const failed = cases.filter(({ differences }) => differences.length > 0);
  return failed.map((one) => caseText(one, io).replace(/^ {2}/gm, '').trimEnd());
}

function countText({ cases }: PluginReport): string {
  const failed = cases.filter(({ differences }) => differences.length > 0).length;
  return `${cases.length - failed} of ${cases.length} cases as they should be`;
}

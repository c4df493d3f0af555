// `ossia plugin test`: a plugin's cases and promises against its own simulator, with no box and no daemon.
import { nearest } from '../model/did-you-mean.ts';
import type { PluginKit } from '../plugin-kit/kit.ts';
import type { CaseResult } from '../plugin-kit/run-case.ts';
import type { Only, PluginReport, PromiseResult } from '../plugin-kit/try-plugin.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { folderOf, inWords, withClosing } from './plugin-folder.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia plugin test NAME [--in-process] [--cases] [--only HOOK[/CASE]]

Runs the cases of a plugin, cases/HOOK/CASE.json, against its own simulator, and tries what every plugin promises: a dry
run changes nothing, a hook twice is a hook once, user_del leaves nothing, hostile values stay values, and when network
or box fail the work is done by a later try. NAME is a plugin of ossia.yaml's folder, or the path of a folder anywhere.

  --in-process    in plain Node instead of the sandbox: breakpoints (node --inspect-brk core/main.ts plugin test ...)
  --sandbox       as the daemon runs it; the default
  --cases         the cases alone, without the promises
  --only HOOK     of this hook only; HOOK/CASE: this case only
  --config PATH   another settings file
  --json          print one JSON document

exit codes
  0  all went as it should
  1  something did not, or the plugin does not load
  2  used wrongly
`;

const grammar = {
  options: { 'in-process': 'flag', sandbox: 'flag', cases: 'flag', only: 'value', config: 'value', json: 'flag' },
  words: 1,
} as const;

export const pluginTest: Command = {
  help,
  async run(argv, io) {
    const { words, options } = readArguments(argv, grammar);
    const [name] = words;
    if (name === undefined) throw new UsageError('say which plugin');
    if (options['in-process'] !== undefined && options.sandbox !== undefined)
      throw new UsageError('--in-process and --sandbox exclude each other');
    const engine = options['in-process'] === undefined ? 'sandbox' : 'in-process';
    // What the plugin writes to its console is no part of what is printed here.
    if (engine === 'in-process') console.log = console.error;
    return inWords('test', { io, json: options.json }, async () => {
      const { openPluginKit } = await import('../plugin-kit/kit.ts');
      const { tryPlugin } = await import('../plugin-kit/try-plugin.ts');
      const folder = await folderOf(name, options.config, io);
      const open = () => openPluginKit({ folder, engine });
      const code = await withClosing(io, open, async (kit, signal) => {
        const only = options.only === undefined ? undefined : onlyOf(options.only, kit);
        const print = options.json === undefined;
        if (print)
          io.out(`${kit.name} ${kit.manifest.version}, ${engine === 'sandbox' ? 'in the sandbox' : 'in process'}\n`);
        const say = (text: string) => signal.aborted || io.out(text);
        const report = await tryPlugin(kit, {
          only,
          promises: options.cases === undefined,
          ...(print && {
            onCase: (result) => void say(caseText(result, io)),
            onPromise: (result) => void say(promiseText(result, io)),
          }),
        });
        say(print ? summary(report, io) : `${JSON.stringify(report, null, 2)}\n`);
        return report.ok ? exitCodes.ok : exitCodes.refused;
      });
      return code ?? exitCodes.refused;
    });
  },
};

function onlyOf(text: string, { cases, hooks }: PluginKit): Only {
  const [hook = '', ...rest] = text.split('/');
  const name = rest.join('/').replace(/\.json$/, '');
  const known = [...new Set([...hooks, ...cases.map((one) => one.hook)])];
  if (!known.includes(hook)) throw unknown(`hook ${hook}`, nearest(hook, known));
  if (name === '') return { hook };
  const names = cases.filter((one) => one.hook === hook).map((one) => one.name);
  if (!names.includes(name)) throw unknown(`case ${hook}/${name}`, nearest(name, names));
  return { hook, name };
}

function unknown(what: string, near: string | undefined): UsageError {
  return new UsageError(`the plugin has no ${what}${near === undefined ? '' : `; did you mean ${near}?`}`);
}

export function caseText({ hook, name, file, differences, reason, stack }: CaseResult, io: Io): string {
  const paint = painter(io);
  if (differences.length === 0) return `  ${paint('good', 'ok  ')}  ${hook} ${name}\n`;
  const lines = differences.flatMap(({ what, diff }) => [`${what}`, ...diff.split('\n').map((line) => `  ${line}`)]);
  const why = [...(reason === '' ? [] : [`reason: ${reason}`]), ...stack.split('\n').filter(Boolean)];
  return `  ${paint('bad', 'FAIL')}  ${hook} ${name}  ${file}\n${block([...lines, ...why])}`;
}

function promiseText({ name, promise, trials, broken }: PromiseResult, io: Io): string {
  const paint = painter(io);
  if (trials === 0) return '';
  const state = broken.length === 0 ? paint('good', 'ok  ') : paint('bad', 'FAIL');
  const lines = broken.flatMap((one) => [
    `${one.hook} ${one.name}`,
    ...one.problems.flatMap((problem) => problem.split('\n').map((line) => `  ${line}`)),
  ]);
  return `  ${state}  ${name}: ${promise} (${trials - broken.length} of ${trials})\n${block(lines)}`;
}

function block(lines: readonly string[]): string {
  return lines.map((line) => `        ${clean(line)}\n`).join('');
}

function summary({ cases, contract }: PluginReport, io: Io): string {
  const failed = cases.filter(({ differences }) => differences.length > 0).length;
  const broken = contract.filter((one) => one.broken.length > 0).map(({ name }) => name);
  const whole = failed === 0 && broken.length === 0;
  const words = [
    `${cases.length - failed} of ${cases.length} cases as they should be`,
    ...(contract.length === 0 ? [] : [broken.length === 0 ? 'all promises kept' : `broken: ${broken.join(', ')}`]),
  ];
  return `${painter(io)(whole ? 'good' : 'bad', words.join('; '))}\n`;
}

// `ossia plugin reload`: reads plugins and profiles anew, tries them beside what is in force, or validates them without a daemon.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia plugin reload [PLUGIN|--nas NAS] [--reason WHY] [--dry-run]
       ossia plugin reload [PLUGIN|--nas NAS] --validate-only

Reads all profiles and plugins anew, or those of one plugin or one NAS, and says what came of it. A quarantine is lifted, and a version
that was taken back after its first jobs gets another trial.

  --dry-run           compile, load and self-test them in the daemon, at the boxes themselves; nothing changes
  --validate-only     without a daemon, for CI: read the files, compile, and load each plugin into a fresh isolate with the options
                      of each profile; no box is asked and nothing changes
  --reason WHY        stands in the audit
${addressHelp}
exit codes: 0 all in force, or all well, 1 something is refused, 2 used wrongly, 75 the daemon is not there.
`;

const options = {
  ...addressOptions,
  nas: 'value',
  reason: 'value',
  'dry-run': 'flag',
  'validate-only': 'flag',
} as const;

export interface ReloadView {
  readonly ok: boolean;
  readonly profiles: readonly {
    readonly nas: string;
    readonly result: 'in force' | 'refused';
    readonly plugin: { readonly name: string; readonly version: string; readonly hash: string } | null;
    readonly problems: readonly { readonly where: string; readonly problem: string }[];
    readonly warning: string;
  }[];
}

export const pluginReload: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 1 });
    const [plugin] = words;
    const { nas, reason, json } = given;
    if (plugin !== undefined && nas !== undefined) throw new UsageError('say what, in one way: PLUGIN or --nas NAS');
    if (given['validate-only'] !== undefined) {
      for (const other of ['reason', 'dry-run', 'socket', 'url', 'token-file'] as const)
        if (given[other] !== undefined)
          throw new UsageError(`--validate-only asks no daemon, and --${other} is for one`);
      const { validate, validatedText } = await import('./plugin-validate.ts');
      const report = await validate({ config: given.config, plugin, nas, io });
      io.out(json === undefined ? validatedText(report, io) : `${JSON.stringify(report, null, 2)}\n`);
      return report.ok ? exitCodes.ok : exitCodes.refused;
    }
    const isTry = given['dry-run'] !== undefined;
    const answer = await ask<ReloadView>(await daemonAddress(given), {
      method: 'POST',
      path: '/v1/plugins/reload',
      query: isTry ? { dry_run: 'true' } : {},
      body: { plugin, nas, reason },
    });
    io.out(json === undefined ? reloadedText(answer, { io, isTry }) : `${JSON.stringify(answer, null, 2)}\n`);
    return answer.ok ? exitCodes.ok : exitCodes.refused;
  },
};

export function reloadedText({ profiles }: ReloadView, { io, isTry }: { io: Io; isTry: boolean }): string {
  const paint = painter(io);
  const lines = profiles.flatMap(({ nas, result, plugin, problems, warning }) => {
    const program = plugin === null ? 'nothing' : `${plugin.name}@${plugin.version}#${plugin.hash.slice(0, 8)}`;
    const good = isTry ? 'fit to be in force' : `${clean(program)} in force`;
    const bad = `refused, ${clean(program)} stays in force`;
    return [
      `${clean(nas)}  ${result === 'in force' ? paint('good', good) : paint('bad', bad)}`,
      ...problems.map(({ where, problem }) => `    ${clean(where)}: ${clean(problem)}`),
      ...(warning === '' ? [] : [`    ${paint('busy', 'note')}: ${clean(warning)}`]),
    ];
  });
  return lines.length === 0 ? 'there is no NAS profile yet\n' : `${lines.join('\n')}\n`;
}

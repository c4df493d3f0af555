// `ossia check`: would the daemon start with these files, and which profiles would it refuse.
import { type FieldProblem, OssiaError, toOssiaError } from '../errors.ts';
import { readArguments } from './arguments.ts';
import { checkFiles, type FileCheck, folderNotes } from './check-files.ts';
import { type Command, exitCodes, type Io } from './command.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia check [--config ossia.yaml]

Reads the settings, every profile and every plugin as the daemon would, and says what is wrong, with file, line and key.
Starts nothing and reaches for no box.

  --config PATH   another settings file
  --json          print one JSON document

exit codes
  0  all is well
  1  something is wrong
  2  used wrongly
`;

interface Report {
  readonly ok: boolean;
  readonly settings: {
    readonly file: string | null;
    readonly problems: readonly FieldProblem[];
    readonly warnings: readonly string[];
  };
  readonly profiles: readonly FileCheck[];
  readonly plugins: readonly FileCheck[];
}

export const check: Command = {
  help,
  async run(argv, io) {
    const { options } = readArguments(argv, { options: { config: 'value', json: 'flag' }, words: 0 });
    const report = await examine(options.config, io);
    io.out(options.json === undefined ? text(report, io) : `${JSON.stringify(report, null, 2)}\n`);
    return report.ok ? exitCodes.ok : exitCodes.refused;
  },
};

async function examine(config: string | undefined, io: Io): Promise<Report> {
  const { loadSettings } = await import('../config/load-settings.ts');
  try {
    const settings = await loadSettings({ ...(config === undefined ? {} : { file: config }), env: io.env });
    const { checkParts } = await import('../daemon.ts');
    const files = await checkFiles({ settings, env: io.env, ...(await checkParts()) });
    return {
      ok: files.every(({ problems }) => problems.length === 0),
      settings: {
        file: settings.file,
        problems: [],
        warnings: [...settings.warnings, ...(await folderNotes(settings))],
      },
      profiles: files.filter(({ kind }) => kind === 'profile'),
      plugins: files.filter(({ kind }) => kind === 'plugin'),
    };
  } catch (thrown) {
    if (!(thrown instanceof OssiaError)) throw thrown;
    const error = toOssiaError(thrown);
    const file = config ?? 'ossia.yaml';
    const problems = error.fields.length > 0 ? error.fields : [{ where: file, problem: error.message }];
    return { ok: false, settings: { file, problems, warnings: [] }, profiles: [], plugins: [] };
  }
}

function text({ settings, profiles, plugins }: Report, io: Io): string {
  const paint = painter(io);
  const about = (label: string, { problems, warnings }: Pick<FileCheck, 'problems' | 'warnings'>): string[] => [
    `${problems.length === 0 ? paint('good', 'ok   ') : paint('bad', 'wrong')}  ${label}`,
    ...problems.map(({ where, problem }) => `         ${clean(where)}: ${clean(problem)}`),
    ...warnings.map((warning) => `         ${paint('busy', 'note')}: ${clean(warning)}`),
  ];
  const lines = [
    ...about(`settings ${settings.file ?? '(defaults, there is no ossia.yaml)'}`, settings),
    ...plugins.flatMap((one) => about(`plugin   ${one.name}`, one)),
    ...profiles.flatMap((one) => about(`profile  ${one.name}`, one)),
  ];
  return `${lines.join('\n')}\n`;
}

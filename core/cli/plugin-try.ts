// `ossia plugin try`: one hook, once, on the plugin's simulator or on a real box, and everything that came of it.
import { resolve } from 'node:path';
import { createMask, maskJson } from '../model/mask.ts';
import type { Engine } from '../plugin-kit/kit.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { folderOf, inWords, withClosing } from './plugin-folder.ts';
import { type TryView, triedText } from './show-try.ts';

const help = `usage: ossia plugin try HOOK --plugin NAME [--case CASE] [--var NAME=VALUE ...] [--dry-run]
       ossia plugin try HOOK --nas NAS --var NAME=VALUE ... [--really]

Runs one hook on the plugin's simulator and shows what was sent and answered, how it ended, what changed on the box, and the
author's line when it failed. State, options and account are those of the case, or of the hook's first one, with the
variables on top. NAME is a plugin of ossia.yaml's folder, or the path of a folder anywhere.

With --nas it is a box of a profile, with the plugin as its folder is now, in this process and not in the daemon: as a dry run
(reads are made for real, writes only written down), unless --really, which changes the box. No job and no journal is
kept; secrets are masked.

  --plugin NAME     which plugin; with --nas the folder to take in the place of the profile's
  --nas NAS         the profile of a real box; "sim", the default, is the simulator
  --case CASE       cases/HOOK/CASE.json
  --var NAME=VALUE  a variable of the account; as often as you like
  --dry-run         on the simulator too
  --really          with --nas: change the box
  --in-process      in plain Node instead of the sandbox: breakpoints; simulator only
  --config PATH     another settings file
  --json            print one JSON document

exit codes
   0  done, or nothing was there to do
   1  refused, unsupported, or the plugin does not load
   2  used wrongly
  75  the box does not answer now
`;

const grammar = {
  options: {
    plugin: 'value',
    nas: 'value',
    case: 'value',
    var: 'list',
    'dry-run': 'flag',
    really: 'flag',
    'in-process': 'flag',
    config: 'value',
    json: 'flag',
  },
  words: 1,
} as const;

interface Asked {
  readonly hook: string;
  readonly plugin: string | undefined;
  readonly nas: string;
  readonly case: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly engine: Engine;
  readonly config: string | undefined;
  readonly io: Io;
}

export const pluginTry: Command = {
  help,
  async run(argv, io) {
    const { words, options, lists } = readArguments(argv, grammar);
    const [hook] = words;
    const { plugin, nas = 'sim', json } = options;
    if (hook === undefined) throw new UsageError('say which hook, e.g. ossia plugin try user_drop --plugin acme');
    const isSimulator = nas === 'sim';
    if (isSimulator && plugin === undefined) throw new UsageError('say which plugin: --plugin NAME');
    if (isSimulator && options.really !== undefined) throw new UsageError('--really is for a real box: --nas NAS');
    if (options.really !== undefined && options['dry-run'] !== undefined)
      throw new UsageError('--really and --dry-run exclude each other');
    if (!isSimulator && options['in-process'] !== undefined)
      throw new UsageError('--in-process is for the simulator; a real box meets the plugin in the sandbox only');
    if (!isSimulator && options.case !== undefined)
      throw new UsageError('a case is of the simulator; of a real box give the account: --var NAME=VALUE');
    const variables = Object.fromEntries((lists.var ?? []).map(pairOf));
    if (!isSimulator && Object.keys(variables).length === 0)
      throw new UsageError('say of which account: --var user_id=1001 --var ip=10.1.2.3 ...');
    // What the plugin writes to its console is no part of what is printed here.
    if (options['in-process'] !== undefined) console.log = console.error;
    return inWords('try', { io, json }, async () => {
      const dryRun = isSimulator ? options['dry-run'] !== undefined : options.really === undefined;
      const engine = options['in-process'] === undefined ? 'sandbox' : 'in-process';
      const { config } = options;
      const asked = { hook, plugin, nas, case: options.case, variables, dryRun, engine, config, io } as const;
      const tried = await (isSimulator ? onSimulator(asked) : onBox(asked));
      if (tried === null) return exitCodes.refused;
      const mask = createMask([tried.account['psw'] ?? '']);
      const { psw, ...account } = tried.account;
      const shown = maskJson(mask, { ...tried, account: psw === undefined ? account : { ...account, psw: '***' } });
      io.out(json === undefined ? triedText(shown as TryView, io) : `${JSON.stringify(shown, null, 2)}\n`);
      return exitCodeOf(tried.outcome);
    });
  },
};

function pairOf(word: string): [string, string] {
  const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(word) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`"${word}" is no variable; write it as --var NAME=VALUE`);
  return [name, value];
}

function exitCodeOf({ type }: TryView['outcome']): number {
  if (type === 'done' || type === 'gone') return exitCodes.ok;
  return type === 'retry' ? exitCodes.tryLater : exitCodes.refused;
}

async function onSimulator({
  hook,
  plugin = '',
  variables,
  dryRun,
  engine,
  config,
  io,
  ...asked
}: Asked): Promise<TryView | null> {
  const { openPluginKit } = await import('../plugin-kit/kit.ts');
  const { authorLine } = await import('../plugin-kit/author-line.ts');
  const folder = resolve(await folderOf(plugin, config, io));
  const open = () => openPluginKit({ folder, engine });
  return withClosing(io, open, async (kit) => {
    const { caseOf } = await import('../plugin-kit/case-of.ts');
    const base = caseOf(kit, { hook, name: asked.case });
    const account = { ...base?.account, ...variables };
    const options = base?.options ?? {};
    const box = await kit.openBox({ state: base?.state ?? {}, options });
    const before = box.state();
    const { outcome, exchanges, value, stack, program } = await box.run(hook, account, { dryRun });
    const after = box.state();
    const where = engine === 'sandbox' ? 'its simulator, in the sandbox' : 'its simulator, in process';
    const from = base === undefined ? '' : `cases/${base.hook}/${base.name}.json`;
    const line = await authorLine(folder, stack);
    const box_state = { before, after };
    return {
      hook,
      program,
      where,
      from,
      dry_run: dryRun,
      account,
      outcome,
      exchanges,
      value,
      stack,
      line,
      box_state,
      unknown: [],
    };
  });
}

async function onBox({ hook, plugin, nas: name, variables: account, dryRun, config, io }: Asked): Promise<TryView> {
  const { loadSettings } = await import('../config/load-settings.ts');
  const { loadParts } = await import('../plugin-kit/parts.ts');
  const { openRealBox } = await import('../plugin-kit/real-box.ts');
  const { authorLine } = await import('../plugin-kit/author-line.ts');
  const { openSandbox } = await import('../sandbox/open-sandbox.ts');
  const settings = await loadSettings({ ...(config === undefined ? {} : { file: config }), env: io.env });
  const folder = plugin === undefined ? undefined : await folderOf(plugin, config, io);
  const parts = await loadParts();
  const dirs = { profilesDir: settings.profiles, pluginsDir: settings.plugins };
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  try {
    const box = await openRealBox({ name, ...dirs, folder, env: io.env, parts, sandbox });
    const stop = new AbortController();
    const releases = (['SIGINT', 'SIGTERM'] as const).map((signal) => io.onSignal(signal, () => stop.abort()));
    try {
      const run = { hook, account, jobId: 'try', attempt: 1, token: `try-${Date.now()}`, dryRun, signal: stop.signal };
      const { outcome, exchanges, value, stack, program } = await box.nas.run(run);
      const line = await authorLine(box.folder, stack);
      const used = new Set(exchanges.filter(({ kind }) => kind === 'recorded').map(({ via }) => via));
      const unknown = [...used].flatMap((via) => parts.transports[via]?.unknownInDryRun ?? []);
      const where = `the box of ${name}`;
      return {
        hook,
        program,
        where,
        from: '',
        dry_run: dryRun,
        account,
        outcome,
        exchanges,
        value,
        stack,
        line,
        box_state: null,
        unknown,
      };
    } finally {
      for (const release of releases) release();
      await box.close();
    }
  } finally {
    await sandbox.close();
  }
}

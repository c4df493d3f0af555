// `ossia shadow`: where a plugin that only looks on would do something else than the one that does the work.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean, localTime, painter, table } from './text.ts';

const help = `usage: ossia shadow [NAS]

For profiles with "shadow: { plugin: NAME }": after each hook that the profile's plugin has really done, NAME runs the same in dry run, and
what it would still send is a difference. Shown are the counts of each hook and the last differences.

  AGREE    it had nothing left to send, or refused what was refused
  DIFFER   it would still send something, or would not have done it
  UNCLEAR  it could not judge: it sends without looking at the box first (by CoA nothing can be seen), or it had no answer in time

Counts begin anew with another version or other options of it.

exit codes: 0 nothing differs, 5 something does, 1 refused, 75 the daemon is not there.

${addressHelp}`;

const differs = 5;

interface ShadowView {
  readonly nas: string;
  readonly plugin: string;
  readonly shadow: string;
  readonly problem: string;
  readonly since: string | null;
  readonly hooks: readonly HookView[];
  readonly differences: readonly {
    readonly at: string;
    readonly hook: string;
    readonly user_id: string;
    readonly login: string;
    readonly job: string;
    readonly result: string;
    readonly reason: string;
    readonly left: readonly string[];
    readonly before: readonly string[] | null;
  }[];
}

interface HookView {
  readonly hook: string;
  readonly agree: number;
  readonly differ: number;
  readonly unclear: number;
  readonly last_at: string;
  readonly ready: boolean;
}

export const shadow: Command = {
  help,
  async run(argv, io) {
    const { words, options } = readArguments(argv, { options: addressOptions, words: 1 });
    const [nas] = words;
    const answer = await ask<{ readonly shadows: readonly ShadowView[] }>(await daemonAddress(options), {
      path: '/v1/shadow',
      query: { nas },
    });
    if (options.json !== undefined) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    else if (answer.shadows.length === 0) io.err('no profile has a shadow; say "shadow: { plugin: NAME }" in one\n');
    else io.out(answer.shadows.map((one) => shown(one, io)).join('\n'));
    const some = answer.shadows.some(({ hooks }) => hooks.some(({ differ }) => differ > 0));
    return some ? differs : exitCodes.ok;
  },
};

function shown({ nas, plugin, shadow, problem, since, hooks, differences }: ShadowView, io: Io): string {
  const paint = painter(io);
  const head = `${nas}: ${plugin} does the work, ${shadow} looks on`;
  if (problem !== '') return `${head}\n  ${paint('bad', clean(problem))}\n`;
  if (since === null) return `${head}; nothing was compared yet\n`;
  const ready = hooks.filter((one) => one.ready);
  const runs = ready.reduce((sum, { agree }) => sum + agree, 0);
  const verdict =
    ready.length === 0
      ? 'no hook is ready to move yet'
      : `${ready.length} of ${hooks.length} hooks agree over ${runs} runs and are ready to move: ${ready.map(({ hook }) => hook).join(' ')}`;
  const list = differences.flatMap(({ at, hook, user_id, login, job, result, reason, left, before }) => [
    `  ${localTime(at)} ${hook} of ${clean(user_id)} ${clean(login)}, job ${job}: ${paint(result === 'differ' ? 'bad' : 'busy', result)}, ${clean(reason)}`,
    ...left.map((line) => `      ${clean(line)}`),
    ...(before ?? []).map((line) => `      ${paint('faint', 'before the run')} ${clean(line)}`),
  ]);
  return [`${head} since ${localTime(since)}`, `${counts(hooks, io)}${verdict}`, ...list, ''].join('\n');
}

function counts(hooks: readonly HookView[], io: Io): string {
  const number = (title: string, text: (one: HookView) => number) =>
    ({ title, text: (one: HookView) => String(text(one)), align: 'right' }) as const;
  return table(hooks, {
    io,
    columns: [
      { title: 'HOOK', text: ({ hook }) => hook, tone: ({ ready }) => (ready ? 'good' : 'plain') },
      number('AGREE', ({ agree }) => agree),
      { ...number('DIFFER', ({ differ }) => differ), tone: ({ differ }) => (differ > 0 ? 'bad' : 'plain') },
      number('UNCLEAR', ({ unclear }) => unclear),
      { title: 'LAST', text: ({ last_at }) => localTime(last_at) },
    ],
  });
}

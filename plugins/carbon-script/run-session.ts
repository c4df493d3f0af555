// Calls the old script as the billing's daemon did: `session <function>`, everything else in the environment.
import { type CommandResult, unsupported } from '#plugin-sdk';
import { judge } from './exit-code.ts';
import type { Device, Input } from './options.ts';

/** Every exit code is an answer here: what it means, the profile says. */
const everyCode = Array.from({ length: 256 }, (_, code) => code);

/** The script's output: what a hook that reads has to tell. */
export async function runSession(input: Input, device: Device): Promise<{ readonly text: string }> {
  const { hook, account, options } = input;
  if (options.hooks && !options.hooks.includes(hook))
    throw unsupported('The profile does not give this hook to the script.');
  const end = await firstThatIsThere(input, (program) =>
    device.script.run(program, [hook], { ...account }, { okCodes: everyCode }),
  );
  // Nothing was run: a dry run.
  if (end === null) return { text: '' };
  judge({ exitCode: end.exitCode, words: lastWords(end) }, options);
  return { text: end.stdout };
}

type Run = (program: string) => Promise<CommandResult | null>;

/** `ubin` goes before `bin`: the site's own script in place of the vendor's. */
async function firstThatIsThere({ options }: Input, run: Run): Promise<CommandResult | null> {
  const absent: unknown[] = [];
  for (const program of options.programs) {
    try {
      return await run(program);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      absent.push(error);
    }
  }
  // The last one's, which is the vendor's: it says what is missing.
  throw absent.at(-1);
}

/** Not allowed by the profile, or no file: nothing was begun. */
function isAbsent(error: unknown): boolean {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return code === 'not_granted' || (code === 'profile_invalid' && /\(ENOENT\)/.test(message ?? ''));
}

function lastWords({ stdout, stderr }: CommandResult): string {
  const lines = (stderr.trim() || stdout.trim()).split('\n');
  return (lines.at(-1) ?? '').slice(0, 300);
}

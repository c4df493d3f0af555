// The transport `script`: old programs that the profile allows, values by environment only, dead at the deadline.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { CommandOptions, CommandResult } from '../../plugin-sdk/device.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { type Program, type ScriptConfig, scriptConfig } from './config.ts';
import { cleanEnvironment, environmentName } from './environment.ts';
import { checkProgramFile } from './program-file.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

// One text of the environment may be 128 KiB on Linux, name and sign included.
const maxValueBytes = 128 * 1_024 - 128;
const maxTotalBytes = 1_024 * 1_024;

// A value has no business here: no spaces, no quotes, and no leading dash, since `-x` would be an option.
const word = z
  .string()
  .max(256)
  .regex(/^(?!-)[A-Za-z0-9_.,:@%+=/-]*$/, 'is not a plain word; values go by environment, options into the profile');

const value = z
  .string()
  .refine((text) => !text.includes('\0'), 'holds a NUL character')
  .refine((text) => Buffer.byteLength(text) <= maxValueBytes, `is longer than ${maxValueBytes} bytes`);

const env = z
  .record(environmentName, value)
  .refine((all) => Buffer.byteLength(Object.values(all).join('')) <= maxTotalBytes, 'is too large altogether');

const options = z.strictObject({
  stdin: z.string().optional(),
  okCodes: z.array(z.int().min(0).max(255)).min(1).optional(),
});

const args = z.tuple([z.string(), z.array(word).max(64), env, options.optional()]);

/** The billing's own contract: postponed, not failed. 143 is what a shell makes of SIGTERM. */
const postponed: readonly number[] = [143, 254];

export const scriptTransport: TransportDefinition<ScriptConfig> = {
  name: 'script',
  config: scriptConfig,
  secrets: [],
  unknownInDryRun:
    'The program was not started: what it would do, print and exit with is not known, nor whether a later step follows from that.',
  methods: { run: { access: 'write', args } },
  subjects: (_, [program, words]) => [[program as string, ...(words as readonly string[])]],
  connect(config): Transport {
    const closing = new AbortController();

    async function call(context: CallContext, given: ScriptArgs): Promise<CommandResult> {
      const [name, words, values, { stdin = '', okCodes = [0] } = {}] = given;
      const program = programOf(config, name);
      await checkProgramFile(program.file);
      context.record({ kind: 'sent', text: textOf(program, given) });
      const end = await runProgram({
        file: program.file,
        args: [...program.args, ...words],
        env: { ...cleanEnvironment, ...values, ...config.env },
        cwd: config.cwd,
        stdin,
        maxOutput: config.max_output,
        signal: AbortSignal.any([context.signal, closing.signal]),
      });
      if (!end) throw calledOff(context, closing.signal);
      const { signal, ...result } = end;
      context.record({ kind: 'received', text: answerOf(end) });
      if (signal !== '' || !okCodes.includes(end.exitCode)) throw refusal(end);
      return result;
    }

    return {
      call: (_method, given, context) => call(context, given as ScriptArgs),
      describe: (_method, given) => {
        const [name] = given as ScriptArgs;
        return textOf(programOf(config, name), given as ScriptArgs);
      },
      async close() {
        closing.abort();
      },
    };
  },
};

type ScriptArgs = readonly [string, readonly string[], Readonly<Record<string, string>>, CommandOptions?];

function programOf({ programs }: ScriptConfig, name: string): Program {
  if (!Object.hasOwn(programs, name))
    throw new OssiaError(
      'not_granted',
      `The profile allows no program '${name}', only ${Object.keys(programs).join(', ')}.`,
    );
  return programs[name] as Program;
}

/** The line as a shell would show it, the variables one a line; the subscriber's password is nobody's business. */
function textOf(program: Program, [, words, values, given]: ScriptArgs): string {
  const variables = Object.entries(values).map(
    ([name, text]) => `${name}=${/psw|pass|secret|token/i.test(name) ? '***' : text}`,
  );
  return cut(
    [[program.file, ...program.args, ...words].join(' '), ...variables, given?.stdin ?? ''].join('\n').trimEnd(),
  );
}

function answerOf({ exitCode, signal, stdout, stderr }: ProgramEnd): string {
  return cut([signal ? `signal ${signal}` : `exit ${exitCode}`, stdout, stderr].filter(Boolean).join('\n').trimEnd());
}

function refusal({ exitCode, signal, stdout, stderr }: ProgramEnd): OssiaError {
  const said = (stderr.trim() || stdout.trim()).split('\n')[0]?.slice(0, 500) ?? '';
  const end = signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  const isPostponed = signal === 'SIGTERM' || (signal === '' && postponed.includes(exitCode));
  return new OssiaError(isPostponed ? 'nas_busy' : 'nas_refused', `The program ${end}${said ? `: ${said}` : '.'}`, {
    said,
    details: signal ? { signal } : { exitCode },
  });
}

function calledOff({ signal, deadline }: CallContext, closing: AbortSignal): OssiaError {
  const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  if (!closing.aborted && (isTimeout || Date.now() >= deadline - 20))
    return new OssiaError('nas_timeout', 'The program did not end in time and was killed, all of its children too.');
  return new OssiaError('aborted', 'The program was called off and killed.', { cause: signal.reason });
}

const maxJournal = 16_384;

function cut(text: string): string {
  return text.length <= maxJournal
    ? text
    : `${text.slice(0, maxJournal)}\n... and ${text.length - maxJournal} characters more`;
}

// The transport `ssh`: commands of a plugin, one channel each, over one verified connection per box.
import { z } from 'zod';
import { OssiaError, toOssiaError } from '../../errors.ts';
import { createMask } from '../../model/mask.ts';
import type { CommandOptions, CommandResult } from '../../plugin-sdk/device.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { type SshConfig, sshConfig } from './config.ts';
import { createConnection } from './connection.ts';
import { journalText } from './journal-text.ts';
import { commandsOf } from './shell-words.ts';

// OpenSSH takes packets of 256 KiB, Linux 128 KiB for one argument, which is what the shell gets.
const maxCommandBytes = 100_000;

const command = z
  .string()
  .min(1, 'is empty')
  .refine((text) => !text.includes('\0'), 'holds a NUL character')
  .refine((text) => Buffer.byteLength(text) <= maxCommandBytes, `is longer than ${maxCommandBytes} bytes`);

const options = z.strictObject({
  stdin: z.string().optional(),
  okCodes: z.array(z.int().min(0).max(255)).min(1).optional(),
});

const args = z.union([z.tuple([command]), z.tuple([command, options.optional()])]);

export const sshTransport: TransportDefinition<SshConfig> = {
  name: 'ssh',
  config: sshConfig,
  secrets: ['password', 'private_key', 'passphrase'],
  unknownInDryRun:
    'Commands that read were run, those that change were not: their exit codes and output are not known, nor what would follow from these.',
  methods: {
    read: { access: 'read', args },
    lines: { access: 'read', args, inParts: true },
    run: { access: 'write', args },
  },
  subjects: (_, [text]) => commandsOf(text as string),
  connect(config, environment): Transport {
    const connection = createConnection(config, environment);
    const mask = createMask(
      [config.password, config.passphrase, config.private_key].filter((secret) => secret !== undefined),
    );

    async function call(context: CallContext, [text, given]: CommandArgs): Promise<CommandResult> {
      const stdin = given?.stdin ?? '';
      context.record({ kind: 'sent', text: journalText(mask, [text, stdin]) });
      try {
        const result = await connection.run({ command: text, stdin, maxOutput: config.max_output, context });
        context.record({
          kind: 'received',
          text: journalText(mask, [`exit ${result.exitCode}`, result.stdout, result.stderr]),
        });
        if (!(given?.okCodes ?? [0]).includes(result.exitCode)) throw refusal(result);
        return result;
      } catch (error) {
        throw masked(toOssiaError(error), mask);
      }
    }

    async function* lines(context: CallContext, [text, given]: CommandArgs): AsyncGenerator<string[], void> {
      context.record({ kind: 'sent', text: journalText(mask, [text, given?.stdin ?? '']) });
      const parts = connection.lines({ command: text, stdin: given?.stdin ?? '', context });
      let count = 0;
      try {
        let step = await parts.next();
        for (; !step.done; step = await parts.next()) {
          count += step.value.length;
          yield step.value;
        }
        const { exitCode, stderr } = step.value;
        context.record({ kind: 'received', text: journalText(mask, [`exit ${exitCode}`, `${count} lines`, stderr]) });
        if (!(given?.okCodes ?? [0]).includes(exitCode)) throw refusal({ exitCode, stdout: '', stderr });
      } catch (error) {
        throw masked(toOssiaError(error), mask);
      } finally {
        await parts.return({ exitCode: 0, stderr: '' });
      }
    }

    return {
      stream: (_method, given, context) => lines(context, given as CommandArgs),
      call: (_method, given, context) => call(context, given as CommandArgs),
      describe: (_method, given) => {
        const [text, also] = given as CommandArgs;
        return mask(also?.stdin ? `${text}\n${also.stdin}` : text);
      },
      close: connection.close,
    };
  },
};

type CommandArgs = readonly [string, (CommandOptions | undefined)?];

function refusal({ exitCode, stdout, stderr }: CommandResult): OssiaError {
  const said = firstLine(stderr) || firstLine(stdout);
  const message = `The command ended with exit code ${exitCode}${said ? `: ${said}` : ' and said nothing.'}`;
  return new OssiaError('nas_refused', message, { said, details: { exitCode } });
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 500) ?? ''
  );
}

function masked(error: OssiaError, mask: (text: string) => string): OssiaError {
  const { code, details, cause, said } = error;
  return new OssiaError(code, mask(error.message), {
    details,
    cause,
    ...(said === undefined ? {} : { said: mask(said) }),
  });
}

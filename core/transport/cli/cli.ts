// The transport `cli`: the command line of routers and switches, each dialog on a session of its box's pool.
import { z } from 'zod';
import { type OssiaError, toOssiaError } from '../../errors.ts';
import { createMask } from '../../model/mask.ts';
import type { CliConfigureOptions, CliLine, CliRunOptions } from '../../plugin-sdk/cli.ts';
import { journalText } from '../ssh/journal-text.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { type CliConfig, cliConfig } from './config.ts';
import { configure, configureText, refuseUnknownWays } from './configure.ts';
import { cliLine, textOf, wordsOf } from './line.ts';
import { maskedError } from './masked-error.ts';
import { createPool } from './pool.ts';

const answers = z
  .record(
    z.string().min(1).max(200),
    z
      .string()
      .max(200)
      .regex(/^\P{Cc}*$/u, 'holds a control character'),
  )
  .refine((all) => Object.keys(all).length <= 20, 'are more than 20');
const runOptions = z.strictObject({ answers: answers.optional() });
const configureOptions = z.strictObject({
  answers: answers.optional(),
  commit: z.enum(['plain', 'confirmed']).optional(),
  check: z.boolean().optional(),
});

const lineArgs = z.tuple([cliLine]);
const runArgs = z.union([lineArgs, z.tuple([cliLine, runOptions.optional()])]);
const lines = z.array(cliLine).min(1).max(1000);
const configureArgs = z.union([z.tuple([lines]), z.tuple([lines, configureOptions.optional()])]);

/** Yes, no and return: what a platform asks, and no command anywhere. */
const plainAnswer = /^(?:y|n|yes|no)?$/i;
const partLines = 1000;

export const cliTransport: TransportDefinition<CliConfig> = {
  name: 'cli',
  config: cliConfig,
  secrets: ['password', 'private_key', 'passphrase', 'enable_password'],
  unknownInDryRun:
    'Commands that read were typed, those that change something were not: whether the box would take them, and what follows, is not known.',
  methods: {
    read: { access: 'read', args: lineArgs },
    lines: { access: 'read', args: lineArgs, inParts: true },
    run: { access: 'write', args: runArgs },
    configure: { access: 'write', args: configureArgs },
  },
  subjects(_, [given, options]) {
    const subjects: (readonly string[])[] = [];
    for (const line of [given as CliLine | readonly CliLine[]].flat()) {
      const words = wordsOf(line);
      if (words === null) return null;
      subjects.push(...words);
    }
    // The box may never ask, and what was meant as an answer would be a command.
    const said = Object.values((options as CliRunOptions | undefined)?.answers ?? {});
    return [...subjects, ...said.filter((one) => !plainAnswer.test(one)).map((one) => one.split(' ').filter(Boolean))];
  },
  connect(config, environment): Transport {
    const { platform } = config;
    const secrets = [config.password, config.enable_password, config.passphrase, config.private_key];
    const mask = createMask(secrets.filter((secret) => secret !== undefined));
    const pool = createPool(config, environment);

    /** All that a dialog shows is masked here: for the journal, the plugin and errors. */
    async function dialog(context: CallContext, work: (context: CallContext) => Promise<string>): Promise<string> {
      const record: CallContext['record'] = ({ kind, text }) =>
        context.record({ kind, text: journalText(mask, [text]) });
      try {
        return mask(await work({ ...context, record }));
      } catch (error) {
        throw maskedError(toOssiaError(error) as OssiaError, mask);
      }
    }

    function ask(line: CliLine, context: CallContext, asks?: CliRunOptions): Promise<string> {
      const text = textOf(line, platform);
      return dialog(context, (masked) =>
        pool.use(masked, (session) =>
          session.command({ line: text, answers: asks === undefined ? null : (asks.answers ?? {}), context: masked }),
        ),
      );
    }

    async function* inParts(line: CliLine, context: CallContext): AsyncGenerator<string[], void> {
      const all = (await ask(line, context)).split('\n');
      for (let at = 0; at < all.length; at += partLines) yield all.slice(at, at + partLines);
    }

    async function change(
      given: readonly CliLine[],
      options: CliConfigureOptions,
      context: CallContext,
    ): Promise<string> {
      refuseUnknownWays(platform, options);
      const texts = given.map((line) => textOf(line, platform));
      return dialog(context, (masked) =>
        pool.use(masked, (session) => configure({ session, pool, config, lines: texts, options, context: masked })),
      );
    }

    return {
      async call(method, [given, options], context) {
        if (method === 'configure')
          return change(given as readonly CliLine[], (options ?? {}) as CliConfigureOptions, context);
        return ask(given as CliLine, context, method === 'run' ? ((options ?? {}) as CliRunOptions) : undefined);
      },
      stream: (_method, [line], context) => inParts(line as CliLine, context),
      describe(method, [given, options]) {
        if (method !== 'configure') return mask(textOf(given as CliLine, platform));
        const texts = (given as readonly CliLine[]).map((line) => textOf(line, platform));
        const asked = (options ?? {}) as CliConfigureOptions;
        refuseUnknownWays(platform, asked);
        return mask(configureText({ config, lines: texts, options: asked }));
      },
      close: pool.close,
    };
  },
};

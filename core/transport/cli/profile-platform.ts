// `platform` in a profile: a known one's name, or an object that says on which it is built (`extends`) and what it has otherwise.
import { z } from 'zod';
import { count } from '../../model/fields.ts';
import type { Platform } from './platform.ts';
import { platforms } from './platforms/all.ts';
import { withQuotes } from './platforms/defaults.ts';

const pattern = z
  .string()
  .max(500)
  .transform((text, context) => {
    try {
      return new RegExp(text, 'i');
    } catch {
      context.addIssue({ code: 'custom', message: 'is no regular expression' });
      return z.NEVER;
    }
  });
const line = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, 'holds a control character');
const prompt = z
  .string()
  .max(500)
  .refine((text) => text.includes('{name}') || text.includes('{begin}'), 'says nowhere what is the name: {name}')
  .refine((text) => isPattern(text.replaceAll(/\{(?:name|begin)\}/g, 'x')), 'is no regular expression');
const lines = z.array(line).max(20);
const patterns = z.array(pattern).max(50);
const steps = z.strictObject({ inside: lines.optional(), after: lines.optional() });

const own = z.strictObject({
  extends: z.string().default('generic'),
  enter: z.enum(['\r', '\n', '\r\n']).optional(),
  prompts: z.strictObject({ exec: prompt, privileged: prompt, config: prompt }).partial().default({}),
  login: z.strictObject({ user: pattern, password: pattern, failed: pattern }).partial().default({}),
  prepare: lines.optional(),
  pager: z.strictObject({ mark: pattern, key: z.string().min(1).max(8) }).optional(),
  privilege: z.strictObject({ command: line, password: pattern }).nullable().optional(),
  failures: patterns.optional(),
  busy: patterns.optional(),
  noise: patterns.optional(),
  questions: z
    .array(z.strictObject({ when: pattern, say: z.string().max(200).nullable() }))
    .max(50)
    .optional(),
  configuration: z
    .strictObject({
      enter: lines,
      leave: lines,
      check: line.optional(),
      commit: steps.optional(),
      confirmed: z
        .strictObject({ enter: lines.optional(), commit: steps.optional(), confirm: steps, discard: steps.optional() })
        .optional(),
      discard: steps.optional(),
    })
    .nullable()
    .optional(),
  /** Whether double quotes hold what is no bare word. */
  quotes: z.boolean().optional(),
  longest: count({ least: 40, most: 4096 }).optional(),
});

const known = Object.keys(platforms).join(', ');

export const platformOf = z.unknown().transform((value, context): Platform => {
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (value === undefined) return refuse(`is required: one of ${known}, or { extends: generic, ... }`);
  if (typeof value === 'string') return platformNamed(value) ?? refuse(`is none of ${known}`);
  const parsed = own.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    return z.NEVER;
  }
  const { extends: name, prompts, login, quotes, longest, ...other } = parsed.data;
  const base = platformNamed(name);
  if (base === undefined) return refuse(`extends none of ${known}`);
  const given = Object.fromEntries(Object.entries(other).filter(([, field]) => field !== undefined));
  return {
    ...base,
    ...given,
    name: `${base.name} of this profile`,
    prompts: { ...base.prompts, ...prompts },
    login: { ...base.login, ...login },
    values: { ...valuesOf(base, quotes), ...(longest === undefined ? {} : { longest }) },
  } as Platform;
});

function valuesOf(base: Platform, quotes: boolean | undefined): Platform['values'] {
  if (quotes === undefined) return base.values;
  return { ...base.values, quoted: quotes ? withQuotes.quoted : null };
}

function platformNamed(name: string): Platform | undefined {
  return Object.hasOwn(platforms, name) ? platforms[name] : undefined;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

// Many jobs at once: the shapes of the question and of the answer.
import { z } from 'zod';
import type { NasDirectory } from '../../plugin-host/nas.ts';
import type { BulkReport } from '../../queue/queue.ts';
import { jobSearchShape } from '../job-query.ts';
import { named } from './registry.ts';

/** Beyond them a request could not be answered in time. */
const mostAtOnce = 10_000;

export const reasonText = z
  .string('expected a text that says why')
  .trim()
  .min(1, 'is empty')
  .max(500, 'is longer than 500 characters');

export const variablesToSet = z
  .record(z.string().min(1), z.union([z.string(), z.number()], { error: 'expected a text or a number' }))
  .transform((given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)])))
  .describe('Variables that change; an empty text takes one away.');

const which = {
  filter: z
    .strictObject(jobSearchShape)
    .refine((filter) => Object.values(filter).some((value) => value !== undefined), {
      error: 'has no condition; say all: true for all',
    })
    .optional()
    .describe('All conditions must hold.'),
  all: z.literal(true, { error: 'expected true' }).optional(),
  limit: z.int().min(1).max(mostAtOnce).default(mostAtOnce).describe('Jobs that are touched, from new to old.'),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the next_cursor of the answer before')
    .optional()
    .describe(
      '`next_cursor` of the answer before: goes on behind it, so that one that failed again is not tried twice.',
    ),
};

interface Which {
  readonly filter?: object | undefined;
  readonly all?: true | undefined;
}

const isOneWay = ({ filter, all }: Which): boolean => (filter === undefined) !== (all === undefined);
const oneWay = { error: 'say which jobs, in one way: filter, or all: true' };

export const bulkRetryBody = z
  .strictObject({
    ...which,
    reason: reasonText.optional(),
    edit: z.strictObject({ variables: variablesToSet }).optional(),
  })
  .refine(isOneWay, oneWay);

export const bulkSkipBody = z.strictObject({ ...which, reason: reasonText }).refine(isOneWay, oneWay);

export const bulkSchema = named(
  'BulkReport',
  z.object({
    dry_run: z.boolean().describe('true: they were only counted.'),
    matched: z.int().describe('Jobs that match and that this is possible for; without `dry_run` at most `limit`.'),
    done: z.int(),
    superseded: z.int().describe('Not run again, since something newer has settled the same.'),
    failed: z.int().describe('Left as they were.'),
    problems: z.array(z.object({ id: z.string(), reason: z.string() })).describe('Of the first hundred that failed.'),
    groups: z
      .array(z.object({ nas: z.string().nullable(), nas_key: z.string(), hook: z.string(), count: z.int() }))
      .describe('Matched jobs by box and hook, the most frequent first.'),
    next_cursor: z.string().nullable().describe('Where to go on; null: these were all.'),
  }),
);

interface Answering {
  readonly directory: Pick<NasDirectory, 'find'>;
  readonly dryRun: boolean;
}

export function bulkAnswer(report: BulkReport, { directory, dryRun }: Answering): z.output<typeof bulkSchema> {
  const { matched, done, superseded, failed, groups, next } = report;
  const nasOf = (nasKey: string) =>
    directory.find(nasKey.startsWith('id:') ? { nas_id: nasKey.slice(3) } : { nas_ip: nasKey })?.name ?? null;
  return {
    dry_run: dryRun,
    matched,
    done,
    superseded,
    failed: dryRun ? 0 : matched - done - superseded,
    problems: [...failed],
    groups: groups.map(({ nasKey, hook, count }) => ({ nas: nasOf(nasKey), nas_key: nasKey, hook, count })),
    next_cursor: next,
  };
}

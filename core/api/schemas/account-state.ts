// An account's whole state as it is sent, and what came of it, as OpenAPI shows them; what is checked is parsed with the accounts.
import { z } from 'zod';
import type { LoadReport, PutReceipt } from '../../accounts/accounts.ts';
import { pointed } from '../problem.ts';
import { pointedErrorSchema } from './problem.ts';
import { named } from './registry.ts';

const variable = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const flag = (text: string) => z.boolean().optional().describe(`${text} Left out: as it was.`);

const state = z.object({
  id: z.string().min(1).max(200).optional().describe('Your own id. A state of the same id is taken once.'),
  variables: z
    .record(z.string(), variable)
    .describe('All variables of the account under the names of the billing; what is not here, it does not have.'),
  exists: flag('False: deleted, or in the bin. A new account exists.'),
  accept: flag('False: blocked by the administrator.'),
  redirect: flag('True: out of balance.'),
  own_disabled: flag('True: switched off by its owner.'),
  logged: flag('True: authorised.'),
  rate: z
    .record(z.string(), variable)
    .nullable()
    .optional()
    .describe(
      '`rate_in` and `rate_out` in kbit/s and the like; null: no limit. Left out: those among the variables, else as it was.',
    ),
  services: z
    .array(z.union([z.string(), z.number()]))
    .optional()
    .describe('`usluga_id` of every service that is on. Left out: as they were.'),
});

export const accountStateSchema = named('AccountState', state);
export const accountLineSchema = named(
  'AccountLine',
  state.extend({ user_id: z.union([z.string(), z.number()]).describe('Whose state it is.') }),
);

export const jobsQuery = z
  .enum(['derive', 'none'], 'expected derive or none')
  .default('derive')
  .describe(
    'derive: the hooks that make the difference run; none: it is only stored, and a resync finds what a box lacks.',
  );

export const putAnswerSchema = named(
  'AccountTaken',
  z.object({
    user_id: z.string(),
    event: z.string().nullable().describe('Id of the event that its jobs are of; null: there was nothing to do.'),
    jobs: z.array(z.string()).describe('Ids of the jobs, in their order.'),
    hooks: z.array(z.string()).describe('The hook of each.'),
    duplicate: z.boolean().describe('A state of this id had been taken before; these are its jobs.'),
    changed: z.boolean().describe('What is known of the account is another now, also when no job was made of it.'),
    version: z.int().describe('Grows with each change of what is known of the account.'),
  }),
);

export function putAnswer(
  userId: string,
  receipt: Extract<PutReceipt, { type: 'taken' }>,
): z.output<typeof putAnswerSchema> {
  const { event, jobs, hooks, duplicate, changed, version } = receipt;
  return { user_id: userId, event, jobs: [...jobs], hooks: hooks.map(({ hook }) => hook), duplicate, changed, version };
}

export const importAnswerSchema = named(
  'AccountsImported',
  z.object({
    dry_run: z.boolean(),
    lines: z.int().describe('How many came, empty ones included.'),
    taken: z.int().describe('Accounts that are new or changed.'),
    unchanged: z.int(),
    jobs: z.int(),
    rejected: z.int().describe('Wrong lines; they did not touch the others.'),
    problems: z
      .array(z.object({ line: z.int(), user_id: z.string(), errors: z.array(pointedErrorSchema) }))
      .describe('The first hundred of the wrong lines.'),
  }),
);

export function importAnswer(report: LoadReport, dryRun: boolean): z.output<typeof importAnswerSchema> {
  const { problems, ...counts } = report;
  return {
    dry_run: dryRun,
    ...counts,
    problems: problems.map(({ line, user_id, fields }) => ({ line, user_id, errors: pointed(fields) })),
  };
}

// How far what was made of the accounts is from what they should have, as the API shows it.
import { z } from 'zod';
import type { DriftAccount, DriftReport } from '../../accounts/resyncs.ts';
import { iso } from './job.ts';
import { named, time } from './registry.ts';

export const driftSchema = named(
  'Drift',
  z.object({
    at: time.describe('When it was counted.'),
    boxes: z.array(
      z.object({
        nas: z
          .string()
          .describe('Name of the profile; the address or id that the billing names when no profile matches.'),
        accounts: z.int(),
        differing: z.int().describe('Accounts of which something else was made than they should have.'),
        unsupported: z
          .int()
          .describe('Besides, accounts that differ in nothing but what the plugin of their box has no hook for.'),
        by_key: z.record(z.string(), z.int()).describe('Of these, how many differ in what; services together.'),
        pending: z.int().describe('Of these, those with a job on its way.'),
        failed: z.int().describe('Of these, those whose last job on it failed.'),
        last_resync: z
          .object({ id: z.string(), at: time, state: z.string(), differing: z.int() })
          .nullable()
          .describe('The last comparison with what the box itself lists.'),
      }),
    ),
  }),
);

export const driftAccountsSchema = named(
  'DriftAccountPage',
  z.object({
    accounts: z.array(
      z.object({
        user_id: z.string(),
        login: z.string(),
        nas: z.string(),
        differences: z.array(
          z.object({
            key: z.string(),
            desired: z.string(),
            made: z.string().nullable().describe('What was last made of it; null: nothing.'),
            failed: z.string().nullable().describe('Why the last job on it failed.'),
          }),
        ),
      }),
    ),
    next_cursor: z.string().nullable().describe('A page may be short, or empty, and not the last.'),
  }),
);

export function driftAnswer({ at, boxes }: DriftReport): z.output<typeof driftSchema> {
  return {
    at: iso(at),
    boxes: boxes.map(({ nas, accounts, differing, unsupported, byKey, pending, failed, lastResync }) => ({
      nas,
      accounts,
      differing,
      unsupported,
      by_key: { ...byKey },
      pending,
      failed,
      last_resync: lastResync && { ...lastResync, at: iso(lastResync.at) },
    })),
  };
}

export function driftAccountAnswer({ userId, login, nas, differences }: DriftAccount) {
  return {
    user_id: userId,
    login,
    nas,
    differences: differences.map(({ key, desired, found, failed }) => ({ key, desired, made: found ?? null, failed })),
  };
}

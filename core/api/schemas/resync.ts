// A resync and its plan, as the API shows them.
import { z } from 'zod';
import { type ResyncItem, type ResyncRun, resyncStates, resyncTopics } from '../../model/resync.ts';
import { iso } from './job.ts';
import { named, time } from './registry.ts';

export const resyncBody = z.strictObject({
  only: z
    .array(z.enum(resyncTopics))
    .default([])
    .describe(
      'What is compared and put right; `access` is exists, accept, redirect, own_disabled; `nat` is snatip. Everything when empty.',
    ),
  expect_empty: z
    .boolean()
    .default(false)
    .describe('The box is new, or was replaced: an empty list is believed, and all that should be there is added.'),
  dry_run: z.boolean().default(false).describe('The plan is made, nothing is applied; as `?dry_run=true`.'),
});

const counts = z.object({
  desired: z.int().describe('Accounts that should be on the box.'),
  listed: z.int().describe('Subscribers that the box lists.'),
  same: z.int(),
  unknown: z.int().describe('Accounts of which this box cannot tell anything.'),
  add: z.int(),
  change: z.int(),
  remove: z.int(),
  foreign: z.int().describe('Listed, and nobody that is known: left alone.'),
  applied: z.int().describe('Of the plan, accounts that became jobs so far.'),
  overtaken: z.int().describe('Of the plan, accounts that were told anew since, so that nothing of it was left.'),
});

export const resyncSchema = named(
  'Resync',
  z.object({
    id: z.string(),
    nas: z.string(),
    cause: z.enum(['operator', 'schedule', 'reboot']),
    by: z.string(),
    only: z.array(z.enum(resyncTopics)),
    dry_run: z.boolean(),
    expect_empty: z.boolean(),
    state: z
      .enum(resyncStates)
      .describe(
        '`asks`: a guard stopped it, POST approve or cancel. `refused`: the list cannot be believed, nothing is changed.',
      ),
    reason: z.string(),
    counts,
    created_at: time,
    updated_at: time,
  }),
);

export const resyncListSchema = named('ResyncList', z.object({ resyncs: z.array(resyncSchema) }));

const item = named(
  'ResyncItem',
  z.object({
    seq: z.int(),
    user_id: z.string(),
    kind: z.enum(['add', 'change', 'remove']),
    differences: z.array(
      z.object({
        key: z.string(),
        desired: z.string(),
        found: z.string().nullable().describe('Null: the box does not have it.'),
      }),
    ),
    on_box: z.record(z.string(), z.string()).describe('For `remove`: how the box names it.'),
  }),
);

export const resyncItemsSchema = named(
  'ResyncItemPage',
  z.object({ items: z.array(item), next_cursor: z.int().nullable() }),
);

export function resyncAnswer(run: ResyncRun): z.output<typeof resyncSchema> {
  const { id, nas, cause, by, only, dryRun, expectEmpty = false, state, reason, createdAt, updatedAt } = run;
  return {
    id,
    nas,
    cause,
    by,
    only: [...only],
    dry_run: dryRun,
    expect_empty: expectEmpty,
    state,
    reason,
    counts: { ...run.counts },
    created_at: iso(createdAt),
    updated_at: iso(updatedAt),
  };
}

export function itemAnswer({ seq, userId, kind, differences, identity }: ResyncItem): z.output<typeof item> {
  return { seq, user_id: userId, kind, differences: differences.map((one) => ({ ...one })), on_box: { ...identity } };
}

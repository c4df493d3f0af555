// The answer to a comparison of our sessions with those that a box lists.
import { z } from 'zod';
import type { ReconcileReport } from '../../sessions/reconcile.ts';
import { named } from './registry.ts';

export const syncBody = z.strictObject({
  any_share: z.boolean().default(false).describe('Close also when it is a larger share than the profile allows.'),
});

export const syncSchema = named(
  'SessionSync',
  z.object({
    nas: z.string(),
    result: z
      .enum(['done', 'stopped', 'unreachable', 'unsupported', 'failed'])
      .describe(
        '`stopped`: more were missing than one run may close, so none was closed. `unreachable`, `unsupported`, `failed`: there is no list, nothing was done.',
      ),
    reason: z.string(),
    live: z.int().describe('Live sessions that we knew of before the box was asked.'),
    listed: z.int().describe('Sessions on its list.'),
    closed: z.int(),
    adopted: z.int(),
    missing: z.int().describe('Not listed, not closed yet: too fresh, missing for the first time, or too many.'),
    unidentified: z.int().describe('Listed without an Acct-Session-Id and unlike any that we know.'),
  }),
);

export function syncAnswer(report: ReconcileReport): z.output<typeof syncSchema> {
  return { ...report };
}

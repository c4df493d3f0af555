// Asks a plugin for the box's sessions; what it returns is hostile until it is parsed, and only a whole list counts.
import { isIP } from 'node:net';
import { z } from 'zod';
import { isUnreachable } from '../errors.ts';
import type { Mask } from '../model/mask.ts';
import type { GuestResult } from '../sandbox/sandbox.ts';
import type { SessionListing } from './nas.ts';
import { outcomeOf } from './outcome-of.ts';

const text = z.string().max(253);
const longestUptime = 10 * 366 * 86_400;

const listing = z
  .array(
    z.object({
      acctSessionId: text,
      userName: text,
      framedIp: text.refine((value) => value === '' || isIP(value) !== 0, 'is no address'),
      callingStationId: text,
      uptime: z.number().min(0).max(longestUptime),
    }),
  )
  .max(200_000);

export function sessionListingOf(result: GuestResult, mask: Mask): SessionListing {
  const outcome = outcomeOf({ result, mask, where: '' });
  if (outcome.type === 'done' && result.type === 'returned') {
    const parsed = listing.safeParse(result.value);
    if (parsed.success) return { type: 'listed', sessions: parsed.data };
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    return { type: 'failed', reason: mask(`The plugin returned no list of sessions${where}: ${issue?.message ?? ''}`) };
  }
  if (outcome.type === 'unsupported') return outcome;
  const reason = 'reason' in outcome ? outcome.reason : 'The plugin gave no list.';
  if (outcome.type !== 'retry') return { type: 'failed', reason };
  const silent = isUnreachable(outcome.code) || outcome.code === 'deadline_exceeded';
  return { type: silent ? 'unreachable' : 'failed', reason };
}

// The box's sessions as a plugin lists them; only a whole list counts.
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Mask } from '../model/mask.ts';
import type { BoxSession } from '../plugin-sdk/index.ts';
import { type Listing, wholeOrWhy } from './listing-end.ts';
import type { SessionListing } from './nas.ts';
import { createRowTaker } from './take-rows.ts';

const text = z.string().max(253);
const longestUptime = 10 * 366 * 86_400;
const most = 500_000;

const rows = z.array(
  z.object({
    acctSessionId: text,
    userName: text,
    framedIp: text.refine((value) => value === '' || isIP(value) !== 0, 'is no address'),
    callingStationId: text,
    uptime: z.number().min(0).max(longestUptime),
  }),
);

export async function listBoxSessions(list: Listing, mask: Mask): Promise<SessionListing> {
  const sessions: BoxSession[] = [];
  const taker = createRowTaker({ what: 'sessions', rows, most, onRows: (some) => void sessions.push(...some) });
  const result = await list('listSessions', taker.take);
  return wholeOrWhy({ result, problem: taker.problem(), mask }) ?? { type: 'listed', sessions };
}

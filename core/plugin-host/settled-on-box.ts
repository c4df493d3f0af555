// Whether a box has what a hook settles, by what a plugin's `user_info` says of the account: for plugins that send without looking first.
import { z } from 'zod';
import type { Account } from '../model/account.ts';
import type { Settles } from '../model/hook.ts';

const rate = z.object({ rate_in: z.number(), rate_out: z.number() }).nullable();
const report = z.object({
  user: z
    .object({
      exists: z.boolean().nullable().default(true),
      accept: z.boolean().optional(),
      redirect: z.boolean().optional(),
      own_disabled: z.boolean().optional(),
      logged: z.boolean().optional(),
      rate: rate.optional(),
      services: z.array(z.string()).optional(),
    })
    .nullable(),
});
type OnBox = z.output<typeof report>['user'];

/** Empty when it has; else what it has instead. Null: it cannot be told. */
export function otherOnBox(value: unknown, settles: Settles, account: Account): string | null {
  const parsed = report.safeParse(value);
  if (!parsed.success) return null;
  const found = foundIn(parsed.data.user, settles, account);
  const wanted = wantedOf(settles, account);
  if (found === null || wanted === null) return null;
  return found === wanted ? '' : `the box has ${settles.flag} ${found}, not ${wanted}`;
}

function wantedOf({ flag, value }: Settles, account: Account): string | null {
  if (flag !== 'rate' || value === 'none') return String(value);
  const { rate_in, rate_out } = account;
  return rate_in === undefined || rate_out === undefined ? null : rateText(rate_in, rate_out);
}

function foundIn(user: OnBox, { flag }: Settles, account: Account): string | null {
  if (flag === 'exists') return user === null ? 'false' : textOf(user.exists);
  // What is said of one session says nothing of the others.
  if (user === null || (flag === 'logged' && account['acct_session_id'])) return null;
  if (flag === 'rate') {
    if (user.rate === undefined) return null;
    return user.rate === null ? 'none' : rateText(user.rate.rate_in, user.rate.rate_out);
  }
  if (flag !== 'service') return textOf(user[flag]);
  const id = account['usluga_id'];
  if (user.services === undefined || !id) return null;
  return user.services.includes(id) ? 'on' : 'off';
}

const textOf = (flag: boolean | null | undefined): string | null => (flag == null ? null : String(flag));
const rateText = (up: string | number, down: string | number): string => `${Number(up)}/${Number(down)}`;

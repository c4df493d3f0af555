// What the box has of the billing's accounts as a plugin lists it, handed on as it comes; only its end says that it was all.
import { z } from 'zod';
import type { Mask } from '../model/mask.ts';
import type { BoxUser, UserListInfo } from '../plugin-sdk/index.ts';
import { type Listing, wholeOrWhy } from './listing-end.ts';
import type { UserListing } from './nas.ts';
import { createRowTaker } from './take-rows.ts';

const most = 2_000_000;
const text = z.string().max(253);
const kbit = z.number().min(0).max(1e12);

const kind = z.strictObject({
  auth_types: z.array(text).max(1000).exactOptional(),
  ip: z.enum(['given', 'none']).exactOptional(),
});
const state = {
  accept: z.boolean().exactOptional(),
  redirect: z.boolean().exactOptional(),
  own_disabled: z.boolean().exactOptional(),
  logged: z.boolean().exactOptional(),
  rate: z.object({ rate_in: kbit, rate_out: kbit }).nullable().exactOptional(),
  snatip: z.string().max(64).nullable().exactOptional(),
  services: z.array(text).max(1000).exactOptional(),
};
const user: z.ZodType<BoxUser> = z
  .object({ user_id: text, login: text, ip: text, of: kind.exactOptional(), ...state })
  .refine(({ user_id, login, ip }) => user_id + login + ip !== '', 'has neither user_id nor login nor ip');
const rows = z.array(user);

const info: z.ZodType<UserListInfo> = z.strictObject({
  takenAt: z.number().min(0).exactOptional(),
  kinds: z
    .array(
      z.strictObject({
        kind,
        unlisted: z.union([z.enum(['nothing', 'unknown']), z.strictObject(state)]).exactOptional(),
        addLogsIn: z.boolean().exactOptional(),
      }),
    )
    .max(100)
    .exactOptional(),
});

interface UserListingInput {
  readonly list: Listing;
  readonly mask: Mask;
  onUsers(users: readonly BoxUser[]): Promise<void> | void;
}

export async function listBoxUsers({ list, mask, onUsers }: UserListingInput): Promise<UserListing> {
  const taker = createRowTaker({ what: 'users', rows, most, onRows: onUsers });
  const result = await list('listUsers', taker.take);
  const failure = wholeOrWhy({ result, problem: taker.problem(), mask });
  if (failure) return failure;
  const parsed = info.safeParse((result.type === 'returned' ? result.value : null) ?? {});
  if (!parsed.success) return { type: 'failed', reason: 'What the plugin returned after its list is no UserListInfo.' };
  const { takenAt = null, kinds = [] } = parsed.data;
  return { type: 'listed', takenAt, kinds };
}

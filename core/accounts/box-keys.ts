// The keys under which the accounts and jobs of one box stand: a profile can match several addresses and ids.
import type { Profile } from '../config/profile.ts';
import { type NasRef, nasKeyOf } from '../model/account.ts';

type Matched = { readonly profile: Pick<Profile, 'match'> };

export function refsOfBox({ profile: { match } }: Matched): readonly NasRef[] {
  return [...match.nas_ip.map((nas_ip) => ({ nas_ip })), ...match.nas_id.map((nas_id) => ({ nas_id }))];
}

export function keysOfBox(nas: Matched): readonly string[] {
  return refsOfBox(nas).map(nasKeyOf);
}

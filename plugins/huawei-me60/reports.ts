// What the box says of an account's session when it is asked by CoA.
import { type BoxUserReport, firstFound, type RadiusAttributes } from '#plugin-sdk';
import { identitiesOf } from './identity.ts';
import type { Device, Input } from './options.ts';

/** Huawei-Command-Mode: byte 0x04 asks, `&` for the session. */
const sessionQuery = '\u0004&';

export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { account } = input;
  const names = { user_id: account['user_id'] ?? '', login: account['login'] ?? '' };
  const found = await firstFound(identitiesOf(input), (identity) =>
    device.coa.coa({ ...identity, 'Huawei-Command-Mode': sessionQuery }),
  );
  // Who has no session may be there all the same: the box keeps nothing of him.
  const nobody: BoxUserReport = { ...names, ip: account['ip'] ?? '', exists: null };
  if (!found?.answer) return { user: nobody, session: {} };
  const { attributes } = found.answer;
  const ip = attributes['Framed-IP-Address'];
  const user: BoxUserReport = {
    ...names,
    ip: typeof ip === 'string' ? ip : (account['ip'] ?? ''),
    logged: true,
    ...rateIn(attributes),
  };
  return { user, session: attributes };
}

function rateIn(attributes: RadiusAttributes): Pick<BoxUserReport, 'rate'> {
  const [up, down] = [attributes['Huawei-Input-Average-Rate'], attributes['Huawei-Output-Average-Rate']];
  if (typeof up !== 'number' || typeof down !== 'number') return {};
  return { rate: up + down === 0 ? null : { rate_in: Math.floor(up / 1000), rate_out: Math.floor(down / 1000) } };
}

// What ISG says of an account's session: account-status-query, in the hooks' words and in its own.
import { type BoxUserReport, firstFound } from '#plugin-sdk';
import { activeIn, askStatus } from './commands.ts';
import { identitiesOf } from './identity.ts';
import { isOf, rateIn } from './names.ts';
import { type Device, type Input, servicesOf } from './options.ts';
import { hasService, reasonsIn } from './plan.ts';

export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { account } = input;
  const names = { user_id: account['user_id'] ?? '', login: account['login'] ?? '', ip: account['ip'] ?? '' };
  const found = await firstFound(identitiesOf(input), (identity) => askStatus(device, identity));
  // Who has no session may be there all the same: ISG keeps nothing of him.
  const nobody: BoxUserReport = { ...names, exists: null };
  if (!found?.answer) return { user: nobody, services: [] };
  const active = activeIn(found.answer);
  const holding = reasonsIn(input.options, active);
  const user: BoxUserReport = {
    ...names,
    logged: true,
    ...(hasService(input, 'blocked') && { accept: !holding.includes('blocked') }),
    ...(hasService(input, 'no_balance') && { redirect: holding.includes('no_balance') }),
    ...(hasService(input, 'own_disabled') && { own_disabled: holding.includes('own_disabled') }),
    ...rateOf(input, active),
    ...uslugaIn(input, active),
  };
  return { user, services: [...active] };
}

function rateOf({ options }: Input, active: ReadonlySet<string>): Pick<BoxUserReport, 'rate'> {
  const templates = [...servicesOf(options, 'rate'), ...servicesOf(options, 'internet')];
  for (const template of templates)
    for (const name of active) {
      const rate = rateIn(name, template);
      if (rate !== null) return { rate };
    }
  return {};
}

function uslugaIn({ options: { services = {} } }: Input, active: ReadonlySet<string>): Pick<BoxUserReport, 'services'> {
  const { usluga = {}, any_usluga: any } = services;
  // Of which usluga_id a service of any is, its name does not say.
  if (any !== undefined || Object.keys(usluga).length === 0) return {};
  const isActive = (template: string) => [...active].some((name) => isOf(name, [template]));
  return { services: Object.keys(usluga).filter((id) => usluga[id]?.every(isActive)) };
}

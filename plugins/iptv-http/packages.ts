// Services of the billing as packages of the middleware.
import { gone, refuse } from '#plugin-sdk';
import { demandRequired, ensureAccount, find, tell } from './accounts.ts';
import { type Device, type Input, type IptvOptions, requestOf } from './options.ts';

/** By usluga_id. */
export function packagesOf({ packages }: IptvOptions, usluga: string): readonly string[] {
  const given = Object.hasOwn(packages, usluga) ? packages[usluga] : undefined;
  return given === undefined ? [] : typeof given === 'string' ? [given] : given;
}

/** Of two services; undefined when there is none. */
export function sharedPackage({ packages }: IptvOptions): string | undefined {
  const all = Object.values(packages).flatMap((given) => [...new Set([given].flat())]);
  return all.find((id, at) => all.indexOf(id) !== at);
}

export async function switchOn(input: Input, device: Device): Promise<void> {
  const wanted = wantedOf(input);
  // Before anything is told: an account without its packages would be half of it.
  demandRequired(input);
  const found = await ensureAccount(input, device);
  for (const id of wanted) {
    if (found?.packages?.includes(id)) continue;
    const answer = await tell(input, device, 'add_package', { package: id });
    if (answer === null) throw refuse('The profile has no request that adds a package.');
    if (answer.is === 'absent')
      throw refuse(`The middleware has the account and does not find the package ${id}: ${answer.said || 'not found'}`);
  }
}

export async function switchOff(input: Input, device: Device): Promise<void> {
  const wanted = wantedOf(input);
  const found = await find(input, device);
  if (found === null && requestOf(input.options, 'find') !== null) throw gone('The middleware has no such account.');
  let removed = 0;
  for (const id of wanted) {
    if (found?.packages !== undefined && !found.packages.includes(id)) continue;
    const answer = await tell(input, device, 'remove_package', { package: id });
    if (answer === null) throw refuse('The profile has no request that removes a package.');
    if (answer.is !== 'absent') removed += 1;
  }
  if (removed === 0) throw gone('The account does not have the package.');
}

function wantedOf({ account, options }: Input): readonly string[] {
  const usluga = account['usluga_id'] ?? '';
  const wanted = packagesOf(options, usluga);
  if (wanted.length > 0) return wanted;
  if (options.unknown_service === 'ignore') throw gone(`The service ${usluga} is no package of this middleware.`);
  throw refuse(`The profile's packages do not say which package the service ${usluga} is.`);
}

// What the middleware has: of one account, and of all, page by page.
import {
  allRestrictions,
  type BoxState,
  type BoxUser,
  type BoxUserReport,
  type Restriction,
  refuse,
  restrictionsOf,
  retry,
  type UserListInfo,
  unsupported,
} from '#plugin-sdk';
import { type Found, find, foundIn, keyOf } from './accounts.ts';
import { ask, at } from './ask.ts';
import { type Device, type Input, type IptvOptions, requestOf } from './options.ts';
import { packagesOf, sharedPackage } from './packages.ts';

const mostPages = 20_000;

export async function userInfo(input: Input, device: Device): Promise<unknown> {
  if (requestOf(input.options, 'find') === null) throw unsupported('This middleware cannot be asked for one account.');
  const found = await find(input, device);
  const names = { user_id: input.account['user_id'] ?? '', login: input.account['login'] ?? '', ip: '' };
  // Made with the first service: until then he may be there all the same.
  const nobody: BoxUserReport | null = input.options.create_on === 'user_add' ? null : { ...names, exists: null };
  if (found === null) return { user: nobody, account: null };
  const state = stateOf(found, input.options, await restrictionsOf(device.kv, keyOf(input)));
  return { user: { ...names, ...state } satisfies BoxUserReport, account: found.raw };
}

export async function* usersFromNas(
  { options }: { readonly options: IptvOptions },
  device: Device,
): AsyncGenerator<BoxUser[], UserListInfo> {
  if (!isMatched(options))
    throw unsupported('Nothing in the list says whose account it is: name fields.user_id or fields.login.');
  const kept = await allRestrictions(device.kv);
  for await (const page of pagesOf(options, device))
    yield page.map((found) => ({
      ...namesOf(found, options),
      ...stateOf(found, options, kept.get(found.id) ?? []),
    }));
  // Made with the first service: who is not listed has none, and all else is not told.
  return { kinds: [{ kind: {}, unlisted: options.create_on === 'user_add' ? 'nothing' : { services: [] } }] };
}

/** A whole list or an error: one that lost a page would take away what is paid for. */
async function* pagesOf(options: IptvOptions, device: Device): AsyncGenerator<Found[], void> {
  const { items, cursor: cursorAt, total: totalAt, first_page: first, page_size: size } = options.paging;
  const seen = new Set<string>();
  let cursor = '';
  let offset = 0;
  for (let page = 0; page < mostPages; page += 1) {
    const values = { page: String(first + page), offset: String(offset), size: String(size), cursor };
    const answer = await ask(device, 'list', { options, values });
    if (answer === null) throw unsupported('This middleware cannot list its accounts.');
    if (answer.is !== 'done') throw refuse(`The middleware does not list its accounts: ${answer.said || answer.is}`);
    const rows = at(answer.body, items);
    if (!Array.isArray(rows)) throw refuse(`The middleware's answer has no list at ${items || 'its top'}.`);
    const fresh = rows.map((raw) => foundIn(raw, options)).filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    if (rows.length > 0 && fresh.length === 0)
      throw refuse('The middleware answers with the same page again and again: the list has no end.');
    if (fresh.length > 0) yield fresh;
    offset += rows.length;
    const next = cursorAt === '' ? undefined : at(answer.body, cursorAt);
    cursor = next === undefined || next === null ? '' : String(next);
    if (cursorAt === '' ? rows.length === 0 : cursor === '')
      return demandWhole(at(answer.body, totalAt), seen.size, totalAt);
  }
  throw refuse(`The middleware's list goes on after ${mostPages} pages.`);
}

function demandWhole(total: unknown, came: number, field: string): void {
  if (field !== '' && typeof total === 'number' && came < total)
    throw retry(`The middleware lists ${came} accounts and says that it has ${total}.`);
}

/** Reads one page: a wrong base_url is found before a 404 is taken for an account that is not there. */
export async function selfTest(device: Device, { options }: { readonly options: IptvOptions }): Promise<unknown> {
  const shared = sharedPackage(options);
  if (shared !== undefined)
    throw refuse(
      `options.packages: ${shared} belongs to two services, and the first to end would take it from the other.`,
    );
  if (requestOf(options, 'list') === null) return {};
  for await (const page of pagesOf(options, device)) return { accounts: page.length };
  return { accounts: 0 };
}

function isMatched({ account, fields }: IptvOptions): boolean {
  return account === '{user_id}' || account === '{login}' || fields.user_id !== '' || fields.login !== '';
}

function namesOf({ id, user_id, login }: Found, { account }: IptvOptions) {
  return {
    user_id: user_id || (account === '{user_id}' ? id : ''),
    login: login || (account === '{login}' ? id : ''),
    ip: '',
  };
}

function stateOf({ blocked, packages }: Found, options: IptvOptions, kept: readonly Restriction[]): BoxState {
  const why = blocked === true ? kept : [];
  return {
    // Blocked, and nobody here knows why: as if by an operator, so that the billing's own reasons are told again.
    ...(blocked !== undefined && {
      accept: !(blocked && (why.includes('blocked') || why.length === 0)),
      redirect: why.includes('no_balance'),
      own_disabled: why.includes('own_disabled'),
    }),
    ...(packages !== undefined && { services: servicesIn(packages, options) }),
  };
}

function servicesIn(held: readonly string[], options: IptvOptions): string[] {
  return Object.keys(options.packages).filter((usluga) => packagesOf(options, usluga).every((id) => held.includes(id)));
}

// Everything that this plugin keeps on the router, line by line as nft and tc print it: for comparing with what should be there.
import { type BoxState, type BoxUser, sh, type UserListInfo } from '#plugin-sdk';
import { parseAddress } from './address.ts';
import { asRoot, type Device, ipAuthTypesOf, type LinuxOptions, tableOf } from './options.ts';
import { classLines, createElementReader, listedTables } from './router-output.ts';
import { type FlagSet, flagSets, named } from './ruleset.ts';
import { hasPools, knownClassOf } from './shaping.ts';
import { userIdOfMark } from './subscriber.ts';

type Reasons = Exclude<FlagSet, 'users'>;
const reasons = flagSets.filter((set): set is Reasons => set !== 'users');
/** Beside the reasons' own bits: the address has its class. */
const shaped = 1 << reasons.length;
/** From here up: the place of its NAT address among all of them, plus one. */
const natShift = reasons.length + 1;
const atOnce = 2000;

/** What the router says beside `users`, small, since there may be a hundred thousand. */
interface Seen {
  /** Bits by address. */
  readonly flags: ReadonlyMap<string, number>;
  readonly snatips: readonly string[];
  readonly rates: Rates | null;
}

interface Rates {
  /** kbit/s by class id. */
  readonly up: ReadonlyMap<string, number>;
  readonly down: ReadonlyMap<string, number>;
}

/** Fails rather than answer with less. */
export async function* usersFromNas(
  { options }: { readonly options: LinuxOptions },
  device: Device,
): AsyncGenerator<BoxUser[], UserListInfo> {
  const info: UserListInfo = {
    kinds: [
      // An address is all that this router knows of anybody.
      { kind: { ip: 'none' }, unlisted: 'unknown' },
      { kind: { auth_types: ipAuthTypesOf(options) }, addLogsIn: true },
    ],
  };
  // An empty router and a router that cannot answer must differ: so first what cannot fail for want of our table.
  const tables = await device.ssh.read(asRoot(options, 'nft -j list tables'));
  if (!listedTables(tables.stdout).includes(tableOf(options))) return info;
  const flags = await readFlags(options, device);
  const snatips = await readSnatips({ options, device, flags });
  const seen: Seen = { flags, snatips, rates: await readRates(options, device) };
  // Read last: who is listed here comes out at once, and nobody has to be kept.
  for await (const elements of elementsOf({ options, device, set: 'users' })) {
    for (let at = 0; at < elements.length; at += atOnce)
      yield elements.slice(at, at + atOnce).map(({ key, comment = '' }) => ({
        user_id: userIdOfMark(comment),
        login: '',
        ip: key,
        ...stateOf({ options, seen, ip: key }),
      }));
  }
  return info;
}

interface StateAt {
  readonly options: LinuxOptions;
  readonly seen: Seen;
  readonly ip: string;
}

function stateOf({ options, seen: { flags, snatips, rates }, ip }: StateAt): BoxState {
  const bits = flags.get(ip) ?? 0;
  const isIn = (set: Reasons) => (bits & bitOf(set)) > 0;
  const state = {
    accept: !isIn('blocked'),
    redirect: isIn('no_balance'),
    own_disabled: isIn('own_disabled'),
    logged: isIn('online'),
    ...(ip.includes(':') ? {} : { snatip: snatips[(bits >>> natShift) - 1] ?? null }),
  };
  if (rates === null) return state;
  const classid = (bits & shaped) > 0 ? classOfAddress(options, ip) : null;
  if (classid === null) return { ...state, rate: null };
  const [rate_in, rate_out] = [rates.up.get(classid) ?? 0, rates.down.get(classid) ?? 0];
  return { ...state, rate: rate_in + rate_out === 0 ? null : { rate_in, rate_out } };
}

async function readFlags(options: LinuxOptions, device: Device): Promise<Map<string, number>> {
  const flags = new Map<string, number>();
  for (const set of reasons)
    for await (const elements of elementsOf({ options, device, set }))
      for (const { key } of elements) flags.set(key, (flags.get(key) ?? 0) | bitOf(set));
  if (!hasPools(options)) return flags;
  for await (const elements of elementsOf({ options, device, set: 'classes' }))
    for (const { key, data } of elements) {
      // Another number than its own: the speed of somebody else.
      if (data === classOfAddress(options, key)) flags.set(key, (flags.get(key) ?? 0) | shaped);
    }
  return flags;
}

/** Into the bits: many share one, and a router may have one for each. */
async function readSnatips({ options, device, flags }: SnatipsInto): Promise<readonly string[]> {
  const places = new Map<string, number>();
  for await (const elements of elementsOf({ options, device, set: 'snatips' }))
    for (const { key, data = '' } of elements) {
      const place = places.get(data) ?? places.size + 1;
      places.set(data, place);
      flags.set(key, (flags.get(key) ?? 0) | (place << natShift));
    }
  return [...places.keys()];
}

interface SnatipsInto {
  readonly options: LinuxOptions;
  readonly device: Device;
  readonly flags: Map<string, number>;
}

/** Of the first interface on each side: they are all told the same. */
async function readRates(options: LinuxOptions, device: Device): Promise<Rates | null> {
  const [uplink, customer] = [options.uplinks[0], options.customers[0]];
  if (!hasPools(options) || uplink === undefined || customer === undefined) return null;
  return { up: await ratesOn(uplink, options, device), down: await ratesOn(customer, options, device) };
}

async function ratesOn(name: string, options: LinuxOptions, device: Device): Promise<Map<string, number>> {
  const rates = new Map<string, number>();
  for await (const lines of device.ssh.lines(asRoot(options, sh`tc class show dev ${name}`)))
    for (const { classid, rate } of classLines(lines.join('\n'))) rates.set(classid, rate);
  return rates;
}

interface SetOnRouter {
  readonly options: LinuxOptions;
  readonly device: Device;
  readonly set: FlagSet | 'classes' | 'snatips';
}

async function* elementsOf({ options, device, set }: SetOnRouter) {
  const kind = set === 'classes' || set === 'snatips' ? 'map' : 'set';
  for (const family of options.ipv6 && set !== 'snatips' ? ([4, 6] as const) : ([4] as const)) {
    const list = asRoot(options, `nft list ${kind} ${tableOf(options)} ${named(set, family)}`);
    const read = createElementReader();
    for await (const lines of device.ssh.lines(list)) yield read(lines);
  }
}

function bitOf(set: Reasons): number {
  return 1 << reasons.indexOf(set);
}

function classOfAddress(options: LinuxOptions, ip: string): string | null {
  const address = parseAddress(ip);
  const minor = address && knownClassOf(options, address);
  return minor ? `1:${minor}` : null;
}

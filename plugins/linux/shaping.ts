// Speeds: one HTB class per address on each interface, numbered by the address's place in the pools.
import { refuse, sh } from '#plugin-sdk';
import { type Address, parseNetwork } from './address.ts';
import type { Change } from './apply.ts';
import { asRoot, type Input, type LinuxOptions, tableOf } from './options.ts';
import { named } from './ruleset.ts';
import { addressOf } from './subscriber.ts';

const root = '1:ffff';
// HTB's own guess complains for very slow and very fast classes.
const quantum = 15_140;

/** Rates in kbit/s: `rate_in` is from the subscriber, so it is shaped where that leaves: on the uplinks. */
export function setRates(input: Input): Change {
  const { options } = input;
  const address = addressOf(input);
  const minor = classOf(options, address);
  const element = `${tableOf(options)} ${named('classes', address.family)} { ${address.text} : 1:${minor} }`;
  return {
    before: [
      ...options.uplinks.flatMap((device) => classCommands(input, { device, minor, direction: 'in' })),
      ...options.customers.flatMap((device) => classCommands(input, { device, minor, direction: 'out' })),
    ],
    nft: [`add element ${element}`],
  };
}

/** For user_add, where a speed is a courtesy: one that comes along and can be set. */
export function offeredRates(input: Input): Change {
  const { account, options } = input;
  const isOffered = Boolean(account['rate_in'] && account['rate_out']);
  return isOffered && placeOf(options, addressOf(input)) !== null ? setRates(input) : { nft: [] };
}

export function removeRates(input: Input): Change {
  const { options } = input;
  const address = addressOf(input);
  if (!hasPools(options)) return { nft: [] };
  const place = placeOf(options, address);
  // An address outside of the pools was never given a class.
  if (place === null) return { nft: [] };
  const minor = place.toString(16);
  const element = `${tableOf(options)} ${named('classes', address.family)} { ${address.text} : 1:${minor} }`;
  return {
    nft: [`add element ${element}`, `delete element ${element}`],
    after: devicesOf(options).flatMap((device) => removeClass(options, { device, minor })),
  };
}

/** Run before the first class of a router; each command may find its work done. */
export function shapingSetup(options: LinuxOptions): string[] {
  if (!hasPools(options)) return [];
  return devicesOf(options).flatMap((device) => [
    // `add` and not `replace`: a queueing discipline that somebody else put there stays, and the next command says so.
    // When ours is there already, `add` complains before anything else does.
    asRoot(options, `${sh`tc qdisc add dev ${device} root handle 1: htb default 0`} 2>/dev/null`),
    asRoot(
      options,
      sh`tc class replace dev ${device} parent 1: classid ${root} htb rate ${options.link_kbit ?? 10_000_000}kbit quantum ${quantum}`,
    ),
  ]);
}

/** The number of the class that the address has when it has one; null when it can have none. */
export function knownClassOf(options: LinuxOptions, address: Address): string | null {
  return placeOf(options, address)?.toString(16) ?? null;
}

/** The class's minor number, hexadecimal as tc writes it. */
export function classOf(options: LinuxOptions, address: Address): string {
  if (!hasPools(options))
    throw refuse('The profile names no pools, so there is no class for any address: see the option pools.');
  const shared = options.customers.find((name) => options.uplinks.includes(name));
  if (shared)
    throw refuse(`The interface ${shared} is among customers and uplinks: both directions would share one class.`);
  const place = placeOf(options, address);
  if (place === null) throw refuse(`The ip ${address.text} is in none of the pools, or at a place that has no class.`);
  return place.toString(16);
}

export function devicesOf({ uplinks, customers }: LinuxOptions): string[] {
  return [...uplinks, ...customers];
}

export function hasPools({ pools = [] }: LinuxOptions): boolean {
  return pools.length > 0;
}

/** 0 is the discipline itself, 0xffff the class above all; between them everybody has a number of his own. */
function placeOf({ pools = [] }: LinuxOptions, address: Address): number | null {
  let before = 0n;
  for (const pool of pools) {
    const network = parseNetwork(pool);
    if (!network) continue;
    const index = address.value - network.first;
    if (network.family === address.family && index >= 0n && index < network.size) {
      const place = before + index;
      return place > 0n && place < 0xffffn ? Number(place) : null;
    }
    before += network.size;
  }
  return null;
}

interface ClassAt {
  readonly device: string;
  readonly minor: string;
}

function classCommands(input: Input, { device, minor, direction }: ClassAt & { direction: 'in' | 'out' }): string[] {
  const rate = kilobits(input, `rate_${direction}`);
  if (rate === undefined) throw refuse(`The event carries no rate_${direction}.`);
  if (rate === 0) return removeClass(input.options, { device, minor });
  const ceil = Math.max(rate, kilobits(input, `ceil_${direction}`) ?? 0);
  // Ten milliseconds' worth, else a fast class cannot be filled.
  const burst = kilobits(input, `burst_${direction}`) || Math.max(16, Math.ceil(ceil / 800));
  return [
    asRoot(
      input.options,
      sh`tc class replace dev ${device} parent ${root} classid ${`1:${minor}`} htb rate ${`${rate}kbit`} ceil ${`${ceil}kbit`} burst ${`${burst}k`} cburst ${`${burst}k`} quantum ${quantum}`,
    ),
  ];
}

/** tc has no "delete when there": what is replaced first is there. */
function removeClass(options: LinuxOptions, { device, minor }: ClassAt): string[] {
  const id = `1:${minor}`;
  return [
    asRoot(options, sh`tc class replace dev ${device} parent ${root} classid ${id} htb rate 8kbit quantum ${quantum}`),
    asRoot(options, sh`tc class del dev ${device} classid ${id}`),
  ];
}

/** Undefined when not sent; 0 means no limit. */
function kilobits({ account }: Input, name: string): number | undefined {
  const text = account[name] ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw refuse(`${name} is ${JSON.stringify(text.slice(0, 60))} and not a whole number of kbit/s.`);
  return Number(text);
}

// What the router holds and measures about an account, as plain data for the operator and for comparing.
import { type Device, sh } from '#plugin-sdk';
import type { Address } from './address.ts';
import { asRoot, type Input, tableOf } from './options.ts';
import { type ClassLine, classLines, elementsOf, listedTables, neighbourOf, setNames } from './router-output.ts';
import { flagSets, named } from './ruleset.ts';
import { classOf, devicesOf, hasPools } from './shaping.ts';
import { addressOf, ownerOfMark } from './subscriber.ts';

/** Flags, speeds, bytes through the classes and the neighbour entry of one address, as they are now. */
export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { options } = input;
  const address = addressOf(input);
  const read = (command: string) => device.ssh.read(asRoot(options, command));
  const minor = hasPools(options) ? classOf(options, address) : null;
  const [sets, neighbour, ...shaping] = await Promise.all([
    setsWith(input, device, address),
    read(sh`ip -j neigh show ${address.text}`),
    ...(minor === null
      ? []
      : devicesOf(options).map((name) => read(sh`tc -s class show dev ${name} classid ${`1:${minor}`}`))),
  ]);
  return {
    ip: address.text,
    ...flagsOf((set) => sets.has(set)),
    shaping: shaping.flatMap(({ stdout }, index) =>
      classLines(stdout).map((line) => ({ interface: devicesOf(options)[index], ...shown(line) })),
    ),
    neighbour: neighbourOf(neighbour.stdout),
  };
}

/** Ping from the router. */
export async function userTest(input: Input, device: Device): Promise<unknown> {
  const { text } = addressOf(input);
  const count = input.options.ping_count ?? 3;
  // 1: nobody answered, which is an answer too.
  const { stdout } = await device.ssh.read(sh`ping -n -c ${count} -W 1 ${text}`, { okCodes: [0, 1] });
  const [, sent = '0', received = '0'] = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(stdout) ?? [];
  const times = [...stdout.matchAll(/time[=<]([\d.]+)/g)].map((match) => Number(match[1]));
  return { ip: text, sent: Number(sent), received: Number(received), times_ms: times };
}

export async function userGetMac(input: Input, device: Device): Promise<unknown> {
  const { text } = addressOf(input);
  const { stdout } = await device.ssh.read(sh`ip -j neigh show ${text}`);
  return neighbourOf(stdout) ?? { mac: '', interface: '', state: '' };
}

/** Everything that this plugin keeps on the router, by address. Fails rather than answer with less. */
export async function usersFromNas(input: Pick<Input, 'options'>, device: Device): Promise<unknown> {
  const { options } = input;
  const read = (command: string) => device.ssh.read(asRoot(options, command)).then(({ stdout }) => stdout);
  // An empty router and a router that cannot answer must differ: so first what cannot fail for want of our table.
  if (!listedTables(await read('nft -j list tables')).includes(tableOf(options))) return [];
  const [table = '', ...classes] = await Promise.all([
    read(`nft -j list table ${tableOf(options)}`),
    ...(hasPools(options) ? devicesOf(options).map((name) => read(sh`tc class show dev ${name}`)) : []),
  ]);
  const perDevice = classes.map((text) => new Map(classLines(text).map((line) => [line.classid, line])));
  const { members, owners, classids } = elementsOf(table);
  const upload = perDevice.slice(0, options.uplinks.length);
  const download = perDevice.slice(options.uplinks.length);
  const rateAt = (maps: typeof perDevice, ip: string) => maps[0]?.get(classids.get(ip) ?? '')?.rate ?? null;
  const addresses = new Set([...members.values(), classids.keys()].flatMap((some) => [...some]));
  return [...addresses].sort().map((ip) => ({
    ip,
    user_id: ownerOfMark(owners.get(ip) ?? ''),
    ...flagsOf((set) => members.get(set)?.has(ip) ?? false),
    rate_in: rateAt(upload, ip),
    rate_out: rateAt(download, ip),
  }));
}

/** The mark of whom the address belongs to; empty when it is nobody's. */
export async function ownerOnRouter(input: Input, device: Device): Promise<string> {
  const address = addressOf(input);
  const element = `nft get element ${tableOf(input.options)} ${named('users', address.family)}`;
  const { stdout } = await device.ssh.read(asRoot(input.options, `${element} ${sh`${`{ ${address.text} }`}`}`), {
    okCodes: [0, 1],
  });
  return /comment "([^"]*)"/.exec(stdout)?.[1] ?? '';
}

/** Asked one by one: `get` of an element that is not there fails, so the last command says whether nft works at all. */
async function setsWith(input: Input, device: Device, address: Address): Promise<ReadonlySet<string>> {
  const gets = flagSets.map((set) => {
    const get = `nft get element ${tableOf(input.options)} ${named(set, address.family)}`;
    return asRoot(input.options, `${get} ${sh`${`{ ${address.text} }`}`}`);
  });
  const { stdout } = await device.ssh.read([...gets, asRoot(input.options, 'nft -j list tables')].join('; '));
  return setNames(stdout);
}

function flagsOf(isIn: (set: string) => boolean) {
  return {
    exists: isIn('users'),
    accept: !isIn('blocked'),
    redirect: isIn('no_balance'),
    own_disabled: isIn('own_disabled'),
    logged: isIn('online'),
  };
}

function shown({ rate, ceil, bytes }: ClassLine) {
  return { rate_kbit: rate, ceil_kbit: ceil, bytes };
}

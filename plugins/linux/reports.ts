// What the router holds and measures about an account, as plain data for the operator.
import { type BoxUserReport, sh } from '#plugin-sdk';
import type { Address } from './address.ts';
import { asRoot, type Device, type Input, tableOf } from './options.ts';
import { type ClassLine, classLines, neighbourOf, setNames, snatipIn } from './router-output.ts';
import { flagSets, named } from './ruleset.ts';
import { classOf, devicesOf, hasPools } from './shaping.ts';
import { addressOf, isAuthorisedByAddress, ownerMarkOf } from './subscriber.ts';

/** Flags, speeds, bytes through the classes and the neighbour entry of one address, as they are now. */
export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { options } = input;
  const address = addressOf(input);
  const read = (command: string) => device.ssh.read(asRoot(options, command));
  const minor = hasPools(options) ? classOf(options, address) : null;
  const [{ sets, owner, snatip }, neighbour, ...shaping] = await Promise.all([
    setsWith(input, device, address),
    read(sh`ip -j neigh show ${address.text}`),
    ...(minor === null
      ? []
      : devicesOf(options).map((name) => read(sh`tc -s class show dev ${name} classid ${`1:${minor}`}`))),
  ]);
  const classes = shaping.map(({ stdout }) => classLines(stdout));
  const isOthers = owner !== '' && owner !== ownerMarkOf(input);
  const isThere = sets.has('users') && !isOthers && (sets.has('online') || !isAuthorisedByAddress(input));
  return {
    ip: address.text,
    user: isThere ? userOnRouter({ input, address, sets, snatip, classes }) : null,
    ...flagsOf((set) => sets.has(set)),
    shaping: classes.flatMap((lines, index) =>
      lines.map((line) => ({ interface: devicesOf(options)[index], ...shown(line) })),
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

/** Whose the address is, and as which it goes out. */
export async function ownerOnRouter(input: Input, device: Device): Promise<Omit<OnRouter, 'sets'>> {
  const { family } = addressOf(input);
  const gets = [getOf(input, 'users'), ...(family === 4 ? [getOf(input, 'snatips')] : [])];
  const { stdout } = await device.ssh.read(gets.join('; '), { okCodes: [0, 1] });
  return { owner: commentIn(stdout), snatip: snatipIn(stdout) };
}

function getOf(input: Input, set: string): string {
  const { family, text } = addressOf(input);
  const map = `${tableOf(input.options)} ${named(set, family)}`;
  return asRoot(input.options, `nft get element ${map} ${sh`${`{ ${text} }`}`}`);
}

interface OnRouter {
  readonly sets: ReadonlySet<string>;
  /** The mark in `users`; empty when it is nobody's. */
  readonly owner: string;
  readonly snatip: string | null;
}

function commentIn(stdout: string): string {
  return /comment "([^"]*)"/.exec(stdout)?.[1] ?? '';
}

/** Asked one by one: `get` of an element that is not there fails, so the last command says whether nft works at all. */
async function setsWith(input: Input, device: Device, address: Address): Promise<OnRouter> {
  const asked = [
    ...flagSets,
    ...(hasPools(input.options) ? ['classes'] : []),
    ...(address.family === 4 ? ['snatips'] : []),
  ];
  const gets = asked.map((set) => getOf(input, set));
  const { stdout } = await device.ssh.read([...gets, asRoot(input.options, 'nft -j list tables')].join('; '));
  return { sets: setNames(stdout), owner: commentIn(stdout), snatip: snatipIn(stdout) };
}

interface Held {
  readonly input: Input;
  readonly address: Address;
  readonly sets: ReadonlySet<string>;
  readonly snatip: string | null;
  /** By interface, uplinks first. */
  readonly classes: readonly (readonly ClassLine[])[];
}

function userOnRouter({ input: { account, options }, address, sets, snatip, classes }: Held): BoxUserReport {
  const { exists: _, ...seen } = flagsOf((set) => sets.has(set));
  const flags = address.family === 4 ? { ...seen, snatip } : seen;
  const names = { user_id: account['user_id'] ?? '', login: account['login'] ?? '', ip: address.text };
  if (!hasPools(options)) return { ...names, ...flags };
  // A class that no packet is sent to limits nobody.
  if (!sets.has('classes')) return { ...names, ...flags, rate: null };
  const [rate_in, rate_out] = [classes[0]?.[0]?.rate ?? 0, classes[options.uplinks.length]?.[0]?.rate ?? 0];
  return { ...names, ...flags, rate: rate_in + rate_out === 0 ? null : { rate_in, rate_out } };
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

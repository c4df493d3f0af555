// Our nftables table: sets that say what each address has, and rules that make it so. Written anew whenever it is not this one.
import { parseNetwork } from './address.ts';
import { type Cause, type LinuxOptions, tableOf } from './options.ts';

/** The sets of subscribers; their IPv6 twins end in 6. */
export const flagSets = ['users', 'online', 'blocked', 'no_balance', 'own_disabled'] as const;
export type FlagSet = (typeof flagSets)[number];

// In the order in which they win: the first that holds decides which page is shown.
const refusals: readonly Exclude<Cause, 'login'>[] = ['blocked', 'no_balance', 'own_disabled'];

/** One nft script: everything is there and nothing else afterwards, and who has what stays as it is. */
export function rulesetScript(options: LinuxOptions): string {
  const table = tableOf(options);
  const families = options.ipv6 ? ([4, 6] as const) : ([4] as const);
  const lines = [
    `add table ${table}`,
    `add set ${table} version { type mark; }`,
    `add set ${table} portals { type ipv4_addr . inet_service; }`,
    `add map ${table} snatips { type ipv4_addr : ipv4_addr; }`,
    ...families.flatMap((family) => setsOf(table, family)),
    ...chains.map(({ name, hook }) => `add chain ${table} ${name}${hook}`),
    ...chains.map(({ name }) => `flush chain ${table} ${name}`),
    ...fill(
      `${table} portals`,
      [...new Set(Object.values(options.portals))].map((at) => at.replace(':', ' . ')),
    ),
    ...families.flatMap((family) => fill(`${table} ${named('allowed', family)}`, allowedOf(options, family))),
    ...rulesOf(options, families).map((rule) => `add rule ${table} ${rule}`),
    `flush set ${table} version`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Changes with every text of the ruleset: a router that holds this number holds this ruleset. */
export function rulesetVersion(options: LinuxOptions): string {
  let hash = 0x811c9dc5;
  for (const character of rulesetScript(options))
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return `0x${hash.toString(16).padStart(8, '0')}`;
}

export function named(set: string, family: 4 | 6): string {
  return family === 4 ? set : `${set}6`;
}

const chains = [
  { name: 'forward', hook: ' { type filter hook forward priority filter; policy accept; }' },
  { name: 'prerouting', hook: ' { type nat hook prerouting priority dstnat; policy accept; }' },
  // Before whatever else translates addresses there: the first that does counts.
  { name: 'postrouting', hook: ' { type nat hook postrouting priority srcnat - 1; policy accept; }' },
  { name: 'from_customer', hook: '' },
  { name: 'to_customer', hook: '' },
  { name: 'to_portal', hook: '' },
  { name: 'refuse', hook: '' },
] as const;

function setsOf(table: string, family: 4 | 6): string[] {
  const type = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  return [
    ...flagSets.map((set) => `add set ${table} ${named(set, family)} { type ${type}; }`),
    `add set ${table} ${named('allowed', family)} { type ${type}; flags interval; auto-merge; }`,
    `add map ${table} ${named('classes', family)} { type ${type} : classid; }`,
  ];
}

function fill(set: string, elements: readonly string[]): string[] {
  return [`flush set ${set}`, ...(elements.length > 0 ? [`add element ${set} { ${elements.join(', ')} }`] : [])];
}

function allowedOf({ allowed = [] }: LinuxOptions, family: 4 | 6): string[] {
  const whole = (text: string) => (text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  return allowed.filter((text) => parseNetwork(whole(text))?.family === family);
}

function rulesOf(options: LinuxOptions, families: readonly (4 | 6)[]): string[] {
  const { customers, uplinks } = options;
  return [
    ...customers.map((name) => `forward iifname "${name}" jump from_customer`),
    ...customers.map((name) => `forward oifname "${name}" jump to_customer`),
    // HTB takes the packet's priority for the class when it names one: no filters, one lookup.
    ...families.flatMap((family) => [
      ...customers.map(
        (name) => `forward oifname "${name}" meta priority set ${ip(family)} daddr map @${named('classes', family)}`,
      ),
      ...uplinks.map(
        (name) => `forward oifname "${name}" meta priority set ${ip(family)} saddr map @${named('classes', family)}`,
      ),
    ]),
    ...families.flatMap((family) => fromCustomer(options, family)),
    ...families.flatMap((family) => toCustomer(options, family)),
    'refuse meta l4proto tcp reject with tcp reset',
    'refuse reject with icmpx type admin-prohibited',
    ...customers.map((name) => `prerouting iifname "${name}" jump to_portal`),
    ...toPortal(options),
    // A portal has to see who it is.
    'postrouting ip daddr . tcp dport @portals return',
    ...uplinks.map((name) => `postrouting oifname "${name}" snat ip to ip saddr map @snatips`),
  ];
}

function fromCustomer(options: LinuxOptions, family: 4 | 6): string[] {
  const from = `from_customer ${ip(family)}`;
  return [
    `${from} saddr != @${named('users', family)} drop`,
    ...(family === 4 ? [`${from} daddr . tcp dport @portals accept`] : []),
    `${from} daddr @${named('allowed', family)} accept`,
    ...refusals.map((set) => `${from} saddr @${named(set, family)} goto refuse`),
    ...(options.require_login === false ? [] : [`${from} saddr != @${named('online', family)} goto refuse`]),
  ];
}

// Without these what runs already would go on: nothing here looks at the state of a connection.
function toCustomer(options: LinuxOptions, family: 4 | 6): string[] {
  const to = `to_customer ${ip(family)}`;
  return [
    `${to} daddr != @${named('users', family)} drop`,
    ...(family === 4 ? [`${to} saddr . tcp sport @portals accept`] : []),
    `${to} saddr @${named('allowed', family)} accept`,
    ...refusals.map((set) => `${to} daddr @${named(set, family)} drop`),
    ...(options.require_login === false ? [] : [`${to} daddr != @${named('online', family)} drop`]),
  ];
}

function toPortal({ portals, require_login }: LinuxOptions): string[] {
  return [
    'to_portal ip saddr != @users return',
    'to_portal ip daddr @allowed return',
    ...refusals.map(
      (cause) => `to_portal ip saddr @${cause} tcp dport 80 dnat ip to ${portals[cause] ?? portals.blocked}`,
    ),
    ...(require_login === false
      ? []
      : [`to_portal ip saddr != @online tcp dport 80 dnat ip to ${portals.login ?? portals.blocked}`]),
  ];
}

function ip(family: 4 | 6): 'ip' | 'ip6' {
  return family === 4 ? 'ip' : 'ip6';
}

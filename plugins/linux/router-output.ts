// Reads what nft, tc and ip print.

export interface ClassLine {
  readonly classid: string;
  /** kbit/s. */
  readonly rate: number;
  readonly ceil: number;
  /** Null when tc was not asked for statistics. */
  readonly bytes: number | null;
}

const units: Readonly<Record<string, number>> = { '': 0.001, K: 1, M: 1_000, G: 1_000_000, T: 1_000_000_000 };

/** Of `tc [-s] class show`; iproute2 6.1 has no JSON for HTB classes. The class above all is left out. */
export function classLines(text: string): ClassLine[] {
  const lines = text.matchAll(
    /class htb (\S+) parent 1:ffff .*?rate ([\d.]+)([KMGT]?)bit ceil ([\d.]+)([KMGT]?)bit[^\n]*(?:\n\s*Sent (\d+) bytes)?/g,
  );
  return [...lines].map(([, classid = '', rate, rateUnit = '', ceil, ceilUnit = '', bytes]) => ({
    classid,
    rate: Number(rate) * (units[rateUnit] ?? 1),
    ceil: Number(ceil) * (units[ceilUnit] ?? 1),
    bytes: bytes === undefined ? null : Number(bytes),
  }));
}

/** Names of the sets in the output of several `nft get element`, IPv6 ones by the name of their twin. */
export function setNames(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^\s*set (\w+) \{/gm)].map(([, name = '']) => name.replace(/6$/, '')));
}

/** Of `nft -j list tables`, as `inet ossia`. */
export function listedTables(json: string): string[] {
  return objectsOf(json).flatMap(({ table }) => (table ? [`${table['family']} ${table['name']}`] : []));
}

export interface Elements {
  /** Addresses by the set's name, IPv6 among IPv4. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** The comments of the set `users`. */
  readonly owners: ReadonlyMap<string, string>;
  /** The map `classes`. */
  readonly classids: ReadonlyMap<string, string>;
}

const ofSubscribers = new Set(['users', 'online', 'blocked', 'no_balance', 'own_disabled']);

/** Of `nft -j list table`: an element is a text, or an object when it has a comment. */
export function elementsOf(json: string): Elements {
  const members = new Map<string, Set<string>>();
  const owners = new Map<string, string>();
  const classids = new Map<string, string>();
  for (const { set, map } of objectsOf(json)) {
    const name = String((set ?? map)?.['name'] ?? '').replace(/6$/, '');
    const elements = ((set ?? map)?.['elem'] ?? []) as readonly unknown[];
    for (const element of elements) {
      if (name === 'classes') {
        const [ip, classid] = element as readonly [string, string];
        classids.set(ip, classid);
      } else if (ofSubscribers.has(name)) {
        const { val, comment } = plain(element);
        members.set(name, (members.get(name) ?? new Set()).add(val));
        if (comment !== undefined) owners.set(val, comment);
      }
    }
  }
  return { members, owners, classids };
}

/** Of `ip -j neigh show`: the entry that has a hardware address. */
export function neighbourOf(json: string): { mac: string; interface: string; state: string } | null {
  const entries = JSON.parse(json.trim() || '[]') as { lladdr?: string; dev?: string; state?: readonly string[] }[];
  const entry = entries.find(({ lladdr }) => lladdr);
  return entry ? { mac: entry.lladdr ?? '', interface: entry.dev ?? '', state: entry.state?.join(' ') ?? '' } : null;
}

type NftObject = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

function objectsOf(json: string): readonly NftObject[] {
  return (JSON.parse(json) as { nftables: NftObject[] }).nftables;
}

function plain(element: unknown): { val: string; comment?: string } {
  if (typeof element === 'string') return { val: element };
  return (element as { elem: { val: string; comment?: string } }).elem;
}

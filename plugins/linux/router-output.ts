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

/** Names of the sets and maps in the output of several `nft get element`, IPv6 ones by the name of their twin. */
export function setNames(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^\s*(?:set|map) (\w+) \{/gm)].map(([, name = '']) => name.replace(/6$/, '')));
}

/** The address in the output of `nft get element` of the map `snatips`; null when it is not there. */
export function snatipIn(text: string): string | null {
  return /map snatips \{[^{}]*elements = \{ \S+ : ([\d.]+) \}/.exec(text)?.[1] ?? null;
}

/** Of `nft -j list tables`, as `inet ossia`. */
export function listedTables(json: string): string[] {
  return objectsOf(json).flatMap(({ table }) => (table ? [`${table['family']} ${table['name']}`] : []));
}

export interface Element {
  readonly key: string;
  readonly data: string | undefined;
  readonly comment: string | undefined;
}

/** Reads `nft list set` and `nft list map` as their lines come: nft breaks them between elements only. Throws at what it cannot read. */
export function createElementReader(): (lines: readonly string[]) => Element[] {
  let isInside = false;

  function read(line: string): Element[] {
    const begun = /^\s*elements = \{(.*)$/.exec(line)?.[1];
    isInside ||= begun !== undefined;
    if (!isInside) return [];
    const text = (begun ?? line).trim();
    isInside = !text.endsWith('}');
    return elementsIn(text.replace(/[,}]$/, '').trim());
  }

  return (lines) => lines.flatMap(read);
}

function elementsIn(text: string): Element[] {
  const element = /([0-9a-f]*[.:][0-9a-f.:]*)(?: : ([\w:.]+))?(?: comment "([^"]*)")?(?:, |$)/iy;
  const elements: Element[] = [];
  while (element.lastIndex < text.length) {
    const [, key = '', data, comment] = element.exec(text) ?? [];
    if (key === '') throw new Error(`nft printed what is no address of a set: ${text.slice(0, 100)}`);
    elements.push({ key, data, comment });
  }
  return elements;
}

/** Of `ip -j neigh show`: the entry that has a hardware address. */
export function neighbourOf(json: string): { mac: string; interface: string; state: string } | null {
  const entries = JSON.parse(json.trim() || '[]') as { lladdr?: string; dev?: string; state?: readonly string[] }[];
  const entry = entries.find(({ lladdr }) => lladdr);
  return entry ? { mac: entry.lladdr ?? '', interface: entry.dev ?? '', state: entry.state?.join(' ') ?? '' } : null;
}

interface IpInterface {
  readonly ifname?: string;
  readonly link_type?: string;
  readonly addr_info?: readonly { readonly family?: string; readonly address?: string }[];
}

/** Of `ip -j addr show`: who is at the other end of each PPP interface, by IPv4. Throws at what is no such list. */
export function pppPeers(json: string): { name: string; peer: string }[] {
  const interfaces: unknown = JSON.parse(json);
  // There is always a loopback: nothing at all is no answer.
  if (!Array.isArray(interfaces) || interfaces.length === 0) throw new Error('ip listed no interfaces.');
  return (interfaces as readonly IpInterface[]).flatMap(({ ifname = '', link_type, addr_info = [] }) =>
    link_type === 'ppp' || /^ppp\d+$/.test(ifname)
      ? addr_info.flatMap(({ family, address }) =>
          family === 'inet' && address !== undefined ? [{ name: ifname, peer: address }] : [],
        )
      : [],
  );
}

type NftObject = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

function objectsOf(json: string): readonly NftObject[] {
  return (JSON.parse(json) as { nftables: NftObject[] }).nftables;
}

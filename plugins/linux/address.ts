// IP addresses and networks as numbers, so that only an address can ever stand where one belongs.

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** As nft prints it. */
  readonly text: string;
}

export interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  /** How many addresses it has. */
  readonly size: bigint;
}

/** A single address; null for anything else, `/32` and `/128` are taken as such. */
export function parseAddress(text: string): Address | null {
  const [host = '', length, ...rest] = text.split('/');
  const value4 = parse4(host);
  const value6 = value4 === null ? parse6(host) : null;
  if (rest.length > 0 || (value4 === null && value6 === null)) return null;
  if (length !== undefined && length !== (value4 === null ? '128' : '32')) return null;
  if (value4 !== null) return { family: 4, value: value4, text: format4(value4) };
  return value6 === null ? null : { family: 6, value: value6, text: format6(value6) };
}

export function parseNetwork(text: string): Network | null {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const host = match && parseAddress(match[1] ?? '');
  if (!match || !host) return null;
  const bits = host.family === 4 ? 32 : 128;
  const length = Number(match[2]);
  if (length > bits) return null;
  const size = 1n << BigInt(bits - length);
  return { family: host.family, first: host.value - (host.value % size), size };
}

function parse4(text: string): bigint | null {
  const words = text.split('.');
  // No leading zeros: some read them as octal.
  if (words.length !== 4 || !words.every((word) => /^(0|[1-9]\d{0,2})$/.test(word))) return null;
  const octets = words.map(Number);
  if (octets.some((octet) => octet > 255)) return null;
  return octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n);
}

function parse6(text: string): bigint | null {
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(groupsOf);
  if (!head || (halves.length === 2 && !tail)) return null;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return groups.reduce((value, group) => value * 65_536n + BigInt(group), 0n);
}

/** The groups of one side of `::`; the last may be a dotted IPv4 address. */
function groupsOf(half: string): number[] | null {
  if (half === '') return [];
  const words = half.split(':');
  const dotted = words.at(-1)?.includes('.') ? parse4(words.pop() ?? '') : undefined;
  if (dotted === null || !words.every((word) => /^[0-9A-Fa-f]{1,4}$/.test(word))) return null;
  const groups = words.map((word) => Number.parseInt(word, 16));
  return dotted === undefined ? groups : [...groups, Number(dotted >> 16n), Number(dotted & 65_535n)];
}

function format4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function format6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65_535n).toString(16));
  const runs = [...groups.join(':').matchAll(/\b0(:0\b)+/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const at = groups.join(':').search(new RegExp(`\\b${longest}\\b`));
  const [before, after] = [groups.join(':').slice(0, at), groups.join(':').slice(at + longest.length)];
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

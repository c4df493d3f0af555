// The menus that the simulated router has: what each property is, how RouterOS prints it, and what it refuses.

export type Row = Record<string, string>;

export interface Menu {
  /** Properties that `add` and `set` take; none for menus that nobody can add to. */
  readonly writable: readonly string[];
  readonly required: readonly string[];
  /** Printed for what nobody set. */
  readonly defaults: Row;
  /** No two rows may be equal in all of these. */
  readonly unique: readonly string[];
  /** What the box says about a second row. */
  readonly duplicate: string;
  readonly removable: boolean;
  /** What the box knows of a row and shows nobody. */
  readonly hidden?: readonly string[];
  /** A value as the box prints it, or null when it takes no such value. */
  readonly canonical: Readonly<Record<string, (value: string) => string | null>>;
}

const readOnly = { writable: [], required: [], defaults: {}, unique: [], duplicate: '', canonical: {} };
const yesNo = (value: string) => (/^(yes|true)$/.test(value) ? 'true' : /^(no|false)$/.test(value) ? 'false' : null);
const flags = { disabled: 'false', dynamic: 'false' };

export const menus: Readonly<Record<string, Menu>> = {
  '/ip/firewall/address-list': {
    writable: ['list', 'address', 'comment', 'disabled', 'timeout'],
    required: ['list', 'address'],
    defaults: flags,
    unique: ['list', 'address'],
    duplicate: 'failure: already have such entry',
    removable: true,
    canonical: { address: listAddress, disabled: yesNo },
  },
  '/queue/simple': {
    writable: [
      'name',
      'target',
      'parent',
      'queue',
      'priority',
      'limit-at',
      'max-limit',
      'burst-limit',
      'burst-threshold',
      'burst-time',
      'comment',
      'disabled',
    ],
    required: ['target'],
    defaults: {
      ...flags,
      parent: 'none',
      queue: 'default-small/default-small',
      priority: '8/8',
      'limit-at': '0/0',
      'max-limit': '0/0',
      'burst-limit': '0/0',
      'burst-threshold': '0/0',
      'burst-time': '0s/0s',
    },
    unique: ['name'],
    duplicate: 'failure: already have such name',
    removable: true,
    canonical: {
      target: queueTarget,
      'limit-at': speeds,
      'max-limit': speeds,
      'burst-limit': speeds,
      'burst-threshold': speeds,
      'burst-time': (value) => (/^\d+s\/\d+s$/.test(value) ? value : null),
      disabled: yesNo,
    },
  },
  '/ip/firewall/nat': {
    writable: ['chain', 'action', 'src-address', 'to-addresses', 'comment', 'disabled'],
    required: ['chain'],
    defaults: { ...flags, action: 'accept' },
    unique: [],
    duplicate: '',
    removable: true,
    canonical: { 'src-address': hostOrNetwork, 'to-addresses': hostOrNetwork, disabled: yesNo },
  },
  '/ip/hotspot/ip-binding': {
    writable: ['address', 'mac-address', 'to-address', 'server', 'type', 'comment', 'disabled'],
    required: [],
    defaults: { disabled: 'false', type: 'regular' },
    unique: ['address', 'mac-address', 'server'],
    duplicate: 'failure: such client already exists',
    removable: true,
    canonical: {
      address: hostOrNetwork,
      type: (value) => (/^(regular|bypassed|blocked)$/.test(value) ? value : null),
      disabled: yesNo,
    },
  },
  '/ip/hotspot/host': { ...readOnly, removable: true },
  '/ip/dhcp-server/lease': { ...readOnly, removable: true },
  '/ppp/active': { ...readOnly, removable: true },
  '/ip/hotspot/active': { ...readOnly, removable: true, hidden: ['acct-session-id'] },
  '/ip/arp': { ...readOnly, removable: true },
  '/system/resource': { ...readOnly, removable: false },
};

/** Names of hosts are allowed, as on the real box. */
function listAddress(value: string): string | null {
  const address = hostOrNetwork(value);
  if (address !== null) return address;
  return /^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value) && /[a-z]/i.test(value) ? value : null;
}

/** A single address loses its /32; a network loses its host bits. */
function hostOrNetwork(value: string): string | null {
  const network = networkOf(value);
  if (network === null) return null;
  return network.bits === 32 ? network.address : `${network.address}/${network.bits}`;
}

/** A queue's target always has its /32, and can be an interface. */
function queueTarget(value: string): string | null {
  const targets = value.split(',').map((target) => {
    const network = networkOf(target);
    if (network !== null) return `${network.address}/${network.bits}`;
    return /^[a-z<][\w<>.-]*$/i.test(target) ? target : null;
  });
  return targets.includes(null) ? null : targets.join(',');
}

/** `5M/10M` is printed as `5000000/10000000`; one number is for both directions. */
function speeds(value: string): string | null {
  const parts = value.split('/');
  const both = (parts.length === 1 ? [value, value] : parts).map((part) => {
    const [, digits, unit = ''] = /^(\d+)([kMG]?)$/.exec(part) ?? [];
    return digits === undefined ? null : String(Number(digits) * ({ k: 1e3, M: 1e6, G: 1e9 }[unit] ?? 1));
  });
  return both.length === 2 && !both.includes(null) ? both.join('/') : null;
}

function networkOf(value: string): { address: string; bits: number } | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(value);
  const octets = parts?.slice(1, 5).map(Number) ?? [];
  const bits = Number(parts?.[5] ?? 32);
  if (parts === null || bits > 32 || octets.some((octet) => octet > 255)) return null;
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const kept = bits === 0 ? 0 : Math.floor(number / 2 ** (32 - bits)) * 2 ** (32 - bits);
  return { address: [24, 16, 8, 0].map((shift) => Math.floor(kept / 2 ** shift) % 256).join('.'), bits };
}

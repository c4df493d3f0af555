// What the simulated router holds: nftables tables, HTB classes per interface, neighbours; and its state as plain data.
import { z } from 'zod';
import { flagSets } from '../ruleset.ts';

export interface SetOrMap {
  readonly kind: 'set' | 'map';
  readonly type: string;
  readonly elements: Map<string, { readonly data?: string; readonly comment?: string }>;
}

export interface Table {
  readonly sets: Map<string, SetOrMap>;
  readonly chains: Map<string, string[]>;
}

export interface Router {
  /** By family and name: `inet ossia`. */
  tables: Map<string, Table>;
  readonly interfaces: readonly string[];
  /** Classes by interface that has a HTB, and by class id: what follows `rate`. */
  readonly classes: Map<string, Map<string, string>>;
  /** Hardware addresses by IP address; these answer a ping. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** The other end's address by PPP interface. */
  readonly peers: ReadonlyMap<string, string>;
  /** The first version that is asked for is taken for the one that is there: so a case need not know its number. */
  isVersionOpen: boolean;
  state(): unknown;
}

const lists = z.record(z.string(), z.array(z.string()));
const texts = z.record(z.string(), z.string());

const stateSchema = z.strictObject({
  ruleset: z.enum(['none', 'present']).default('none'),
  /** Addresses by set. */
  sets: lists.default({}),
  /** Accounts by address. */
  owners: texts.default({}),
  /** Class ids by address. */
  classes: texts.default({}),
  /** NAT addresses by address. */
  snatips: texts.default({}),
  /** By interface: what each class is, by class id. */
  shaping: z.record(z.string(), texts).default({}),
  neighbours: texts.default({}),
  peers: texts.default({}),
  interfaces: z.array(z.string()).default(['lan', 'wan']),
});

export function createRouter(given: unknown): Router {
  const state = stateSchema.parse(given);
  const router: Router = {
    tables: new Map(),
    interfaces: state.interfaces,
    classes: new Map(Object.entries(state.shaping).map(([name, all]) => [name, new Map(Object.entries(all))])),
    neighbours: new Map(Object.entries(state.neighbours)),
    peers: new Map(Object.entries(state.peers)),
    isVersionOpen: state.ruleset === 'present',
    state: () => stateOf(router),
  };
  if (state.ruleset === 'present') router.tables.set('inet ossia', tableOf(state));
  return router;
}

function tableOf({ sets, owners, classes, snatips }: z.infer<typeof stateSchema>): Table {
  const all = new Map<string, SetOrMap>([['version', { kind: 'set', type: 'mark', elements: new Map() }]]);
  for (const [suffix, type] of [
    ['', 'ipv4_addr'],
    ['6', 'ipv6_addr'],
  ] as const) {
    for (const name of flagSets) all.set(name + suffix, { kind: 'set', type, elements: new Map() });
    all.set(`classes${suffix}`, { kind: 'map', type: `${type} : classid`, elements: new Map() });
  }
  for (const [name, addresses] of Object.entries(sets))
    for (const ip of addresses) {
      const comment = name.startsWith('users') ? owners[ip] : undefined;
      all.get(name)?.elements.set(ip, comment === undefined ? {} : { comment });
    }
  for (const [ip, data] of Object.entries(classes))
    all.get(ip.includes(':') ? 'classes6' : 'classes')?.elements.set(ip, { data });
  const nat = Object.entries(snatips).map(([ip, data]) => [ip, { data }] as const);
  all.set('snatips', { kind: 'map', type: 'ipv4_addr : ipv4_addr', elements: new Map(nat) });
  return { sets: all, chains: new Map() };
}

const ofSubscribers: ReadonlySet<string> = new Set(flagSets.flatMap((name) => [name, `${name}6`]));

/** Without what nobody sets: empty sets, the version's number, the rules. */
function stateOf(router: Router) {
  const table = [...router.tables.values()][0];
  const sets = [...(table?.sets ?? [])].filter(([, { elements }]) => elements.size > 0);
  const users = sets.filter(([name]) => name.startsWith('users')).flatMap(([, { elements }]) => [...elements]);
  const classes = sets.filter(([name]) => name.startsWith('classes')).flatMap(([, { elements }]) => [...elements]);
  const shaping = [...router.classes].map(([name, all]) => [name, Object.fromEntries(all)] as const);
  return {
    ruleset: table ? 'present' : 'none',
    ...some(
      'sets',
      sets
        .filter(([name]) => ofSubscribers.has(name))
        .map(([name, { elements }]) => [name, [...elements.keys()]] as const),
    ),
    ...some(
      'owners',
      users.flatMap(([ip, { comment }]) => (comment === undefined ? [] : [[ip, comment] as const])),
    ),
    ...some(
      'classes',
      classes.map(([ip, { data }]) => [ip, data] as const),
    ),
    ...some(
      'snatips',
      [...(table?.sets.get('snatips')?.elements ?? [])].map(([ip, { data }]) => [ip, data] as const),
    ),
    ...some('shaping', shaping),
    ...some('neighbours', [...router.neighbours]),
    ...some('peers', [...router.peers]),
  };
}

function some(name: string, entries: readonly (readonly [string, unknown])[]) {
  return entries.length > 0 ? { [name]: Object.fromEntries(entries) } : {};
}

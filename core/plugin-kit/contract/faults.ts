// The promise that no failure of network or box hangs a hook or is taken for its end, and that the next try finishes the work.
import type { Outcome } from '../../model/outcome.ts';
import type { KitBox } from '../box.ts';
import type { PluginCase } from '../cases.ts';
import type { Promised } from '../contract.ts';
import { diff, isSame } from '../diff.ts';
import type { PluginKit } from '../kit.ts';
import { type FaultKind, faultsOf, type Proxies, startProxies, type Way } from '../proxies.ts';
import { reasonOf } from '../run-case.ts';

/** Of those hooks that reach the box by a transport, so many are tried with each fault. */
const sample = 2;
const triesAfter = 8;
const pauseMs = 100;

interface Fault {
  readonly name: string;
  readonly kind: FaultKind | 'reboot';
}

interface Stage {
  readonly kit: PluginKit;
  /** Those that it befalls. */
  readonly transports: readonly string[];
  readonly fault: Fault;
}

export const faults: Promised = {
  name: 'faults',
  promise: 'when box or network fail, a hook ends in time to be tried again, and then does its work',
  trials(kit) {
    const usage = once(() => usageOf(kit));
    return transportsOf(kit).flatMap((transport) =>
      faultsFor(transport).map((fault) => ({
        hook: transport,
        name: fault.name,
        async run() {
          const cases = (await usage()).get(transport) ?? [];
          if (cases.length === 0) return [`no case that is done tells the box anything by ${transport}`];
          const found = await Promise.all(
            cases.slice(0, sample).map((one) => tryOne({ kit, transports: [transport], fault }, one)),
          );
          return found.flat();
        },
      })),
    );
  },
};

const silence = 'silence';
const silent: Readonly<Record<Way, string>> = { tcp: 'half-open', udp: 'drop-request', program: 'hangs' };

export const deadline: Promised = {
  name: 'deadline',
  promise:
    'a hook whose box never answers ends at its deadline to be tried again, and does its work when the box is back',
  trials: (kit) =>
    kit.hooks.flatMap((hook) => {
      const one = kit.cases.find((each) => each.hook === hook && each.outcome === 'done' && each.sent.length > 0);
      const stage = {
        kit,
        transports: transportsOf(kit),
        fault: { name: silence, kind: 'silent' },
      } as const;
      return one === undefined ? [] : [{ hook, name: one.name, run: () => tryOne(stage, one) }];
    }),
};

/** Those that lead to a box: a manifest also asks for what the daemon keeps for the plugin. */
function transportsOf({ manifest, parts }: PluginKit): readonly string[] {
  return Object.keys(manifest.transports).filter((name) => Object.hasOwn(parts.transports, name));
}

function wayOf(transport: string): Way {
  return transport === 'coa' ? 'udp' : transport === 'script' ? 'program' : 'tcp';
}

function faultsFor(transport: string): readonly Fault[] {
  const table = faultsOf[wayOf(transport)];
  const named = Object.entries(table).map(([name, kind]): Fault => ({ name, kind }));
  return wayOf(transport) === 'program' ? named : [...named, { name: 'reboot', kind: 'reboot' }];
}

/** The cases that change the box, by the transports that they reach it by; one of each hook. */
async function usageOf(kit: PluginKit): Promise<ReadonlyMap<string, readonly PluginCase[]>> {
  const usage = new Map<string, PluginCase[]>(transportsOf(kit).map((name) => [name, []]));
  for (const one of kit.cases) {
    const changes = kit.parts.hooks.get(one.hook)?.kind === 'change' && !isSame(one.state, one.state_after);
    if (!changes || one.outcome !== 'done' || one.sent.length === 0) continue;
    const lacking = [...usage.values()].filter(
      (cases) => cases.length < sample && cases.every(({ hook }) => hook !== one.hook),
    );
    if (lacking.length === 0) continue;
    const box = await kit.openBox({ state: one.state, options: one.options });
    const { exchanges } = await box.run(one.hook, one.account);
    await box.close();
    const used = new Set(exchanges.filter(({ kind }) => kind === 'sent').map(({ via }) => via));
    for (const [transport, cases] of usage) if (used.has(transport) && lacking.includes(cases)) cases.push(one);
  }
  return usage;
}

async function tryOne(stage: Stage, wanted: PluginCase): Promise<readonly string[]> {
  const { hook, name } = wanted;
  const first = await tryWithin(stage, wanted, stage.fault.kind === 'harmless' ? '20s' : '1s');
  // A busy machine can take the little time that a plugin has after its box's: then it gets more.
  const found = first === 'late' ? await tryWithin(stage, wanted, '5s') : first;
  const problems = found === 'late' ? ['the plugin itself does not end at its deadline'] : found;
  return problems.map((problem) => `${hook} ${name}: ${problem}`);
}

async function tryWithin(
  { kit, transports, fault }: Stage,
  wanted: PluginCase,
  deadline: string,
): Promise<readonly string[] | 'late'> {
  const { hook, state, options, account } = wanted;
  let proxies: Proxies | undefined;
  let box: KitBox | undefined;
  try {
    box = await kit.openBox({
      state,
      options,
      limits: { deadline },
      async via({ transports: direct }) {
        proxies = await startProxies(direct);
        return proxies.transports;
      },
    });
    if (proxies === undefined) return [];
    if (fault.kind === 'reboot' && !box.simulator.reset) return [];
    const armed = { isOver: false };
    for (const transport of transports) arm({ box, proxies, transport, fault, armed });
    const { outcome } = await box.run(hook, account);
    // What the box takes late on a busy machine must not fail the tries after this one, for ever.
    armed.isOver = true;
    for (const each of Object.keys(proxies.transports)) proxies.set(each, null);
    if (outcome.type === 'retry' && outcome.code === 'deadline_exceeded') return 'late';
    const problem = wrongNow(outcome, { fault, isReached: isSame(box.state(), wanted.state_after) });
    return problem === '' ? await finish(box, wanted) : [problem];
  } finally {
    await box?.close();
    await proxies?.close();
  }
}

interface Armed {
  readonly box: KitBox;
  readonly proxies: Proxies;
  readonly transport: string;
  readonly fault: Fault;
  readonly armed: { isOver: boolean };
}

/** What happens after the request begins when the box has taken one that changes it, and happens once. */
function arm({ box, proxies, transport, fault, armed }: Armed): void {
  const isLate = fault.kind === 'after the request' || fault.kind === 'reboot';
  if (!isLate || proxies.ways[transport] === 'program') {
    proxies.set(transport, fault.name === silence ? silent[proxies.ways[transport] ?? 'tcp'] : fault.name);
    return;
  }
  let isDone = false;
  box.simulator.onExchange(({ isRead }) => {
    if (isRead || isDone || armed.isOver) return;
    isDone = true;
    if (fault.kind !== 'reboot') proxies.set(transport, fault.name);
    else {
      box.simulator.reset?.();
      proxies.cut();
    }
  });
}

function wrongNow(
  outcome: Outcome,
  { fault, isReached }: { readonly fault: Fault; readonly isReached: boolean },
): string {
  const { type } = outcome;
  const said = `${type}${'code' in outcome ? ` (${outcome.code})` : ''}: ${reasonOf(outcome)}`;
  if (fault.kind === 'harmless') return type === 'done' ? '' : `it should have been done, and was ${said}`;
  if (type === 'retry') return '';
  if (type === 'done' || type === 'gone')
    return isReached ? '' : `it says ${type}, and the box has not what it should have`;
  return `it is not tried again: ${said}`;
}

async function finish(box: KitBox, { hook, account, state_after }: PluginCase): Promise<readonly string[]> {
  let outcome: Outcome = { type: 'done' };
  for (let attempt = 2; attempt < 2 + triesAfter; attempt += 1) {
    ({ outcome } = await box.run(hook, account, { attempt }));
    if (outcome.type !== 'retry') break;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  const got = box.state();
  if (outcome.type !== 'done' && outcome.type !== 'gone')
    return [`the next tries ended ${outcome.type}: ${reasonOf(outcome)}`];
  return isSame(got, state_after)
    ? []
    : [`after it, the box is not as it should be:\n${diff({ wanted: state_after, got })}`];
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

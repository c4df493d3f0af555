// All cases of a plugin and all that it promises, run one beside the other; the results as data, each as soon as it is there.
import { createLimit } from '../model/limit.ts';
import type { PluginCase } from './cases.ts';
import { contract, type Promised, type Trial } from './contract.ts';
import type { Engine, PluginKit } from './kit.ts';
import { type CaseResult, runCase } from './run-case.ts';

/** A hook, or one of its cases. */
export interface Only {
  readonly hook: string;
  readonly name?: string;
}

export interface PromiseResult {
  readonly name: string;
  readonly promise: string;
  /** How often it was tried; 0: this plugin has nothing to try it on. */
  readonly trials: number;
  readonly broken: readonly { readonly hook: string; readonly name: string; readonly problems: readonly string[] }[];
}

export interface PluginReport {
  readonly plugin: string;
  readonly version: string;
  readonly engine: Engine;
  readonly ok: boolean;
  readonly cases: readonly CaseResult[];
  readonly contract: readonly PromiseResult[];
}

interface TryInput {
  readonly only?: Only | undefined;
  /** Whether the promises are tried too; yes unless said otherwise. */
  readonly promises?: boolean;
  onCase?(result: CaseResult): void;
  onPromise?(result: PromiseResult): void;
}

const atOnce = 6;

export async function tryPlugin(
  kit: PluginKit,
  { only, promises = true, onCase, onPromise }: TryInput = {},
): Promise<PluginReport> {
  const limited = createLimit(atOnce);
  const isMeant = ({ hook, name }: Pick<PluginCase, 'hook' | 'name'>): boolean =>
    only === undefined || (hook === only.hook && (only.name === undefined || name === only.name));

  const cases = await Promise.all(
    kit.cases.filter(isMeant).map(async (one) => {
      const result = await limited(() => runCase(kit, one));
      onCase?.(result);
      return result;
    }),
  );
  const kept: PromiseResult[] = [];
  // One promise after the other: trials that wait for a deadline must not wait for a processor.
  for (const promised of promises ? contract : []) {
    const trials = promised.trials(kit).filter(isMeant);
    const result = await resultOf(promised, await Promise.all(trials.map((trial) => limited(() => tried(trial)))));
    kept.push(result);
    onPromise?.(result);
  }
  const ok =
    cases.every(({ differences }) => differences.length === 0) && kept.every(({ broken }) => broken.length === 0);
  const { name: plugin, manifest, engine } = kit;
  return { plugin, version: manifest.version, engine, ok, cases, contract: kept };
}

async function tried(trial: Trial) {
  const problems = await trial.run().catch((error) => [error instanceof Error ? error.message : String(error)]);
  return { hook: trial.hook, name: trial.name, problems };
}

function resultOf({ name, promise }: Promised, tries: readonly Awaited<ReturnType<typeof tried>>[]): PromiseResult {
  return { name, promise, trials: tries.length, broken: tries.filter(({ problems }) => problems.length > 0) };
}

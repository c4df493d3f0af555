// What every plugin promises, as a table: each promise is tried on the plugin's own cases, by the tests and by `ossia plugin test`.
//
//   for (const promise of contract)
//     for (const trial of promise.trials(kit)) console.log(promise.name, trial.hook, trial.name, await trial.run());
import { addThenDel } from './contract/add-then-del.ts';
import { everyHook } from './contract/every-hook.ts';
import { deadline, faults } from './contract/faults.ts';
import { hostileValues } from './contract/hostile-values.ts';
import { steady } from './contract/steady.ts';
import type { PluginKit } from './kit.ts';

export interface Trial {
  readonly hook: string;
  /** The case's, or what is done. */
  readonly name: string;
  /** What is wrong, in words; empty when the promise is kept. */
  run(): Promise<readonly string[]>;
}

export interface Promised {
  readonly name: string;
  /** In one sentence. */
  readonly promise: string;
  trials(kit: PluginKit): readonly Trial[];
}

export const contract: readonly Promised[] = [everyHook, steady, addThenDel, hostileValues, deadline, faults];

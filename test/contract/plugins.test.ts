// What holds for every plugin: each case in the real sandbox, by a real profile, against the plugin's own simulated box; and all that plugins promise.
import { afterAll, describe, expect, test } from 'vitest';
import { contract } from '#core/plugin-kit/contract.ts';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { runCase } from '#core/plugin-kit/run-case.ts';
import { pluginFolder, pluginNames } from '#test/support/plugin-folders.ts';

const parts = await loadParts();
const longest = 120_000;

describe.each(await pluginNames())('%s', async (plugin) => {
  const kit = await openPluginKit({ folder: pluginFolder(plugin), engine: 'sandbox', parts });
  afterAll(() => kit.close());

  test.concurrent.each(kit.cases.map((one) => [one.hook, one.name, one] as const))(
    '%s %s ends as it says',
    async (_hook, _name, one) => {
      const { differences, reason, stack } = await runCase(kit, one);
      expect(differences.map(({ what, diff }) => `${what}\n${diff}`).join('\n'), `${reason}\n${stack}`).toBe('');
    },
    longest,
  );

  // A plugin without sessions of its own, e.g., has nothing to try some promises on.
  const tried = contract.filter((promised) => promised.trials(kit).length > 0);
  describe.each(tried)('$name', (promised) => {
    test.concurrent.each(promised.trials(kit).map((trial) => [trial.hook, trial.name, trial] as const))(
      `%s %s: ${promised.promise}`,
      async (_hook, _name, trial) => {
        expect(await trial.run()).toEqual([]);
      },
      longest,
    );
  });
});

// A plugin that reaches its box by more than one way does the same over each: every case and every promise once more, over the others.
import { afterAll, describe, expect, test } from 'vitest';
import { contract } from '#core/plugin-kit/contract.ts';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { kitOver, waysOf } from '#core/plugin-kit/kit-over.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { runCase } from '#core/plugin-kit/run-case.ts';
import { pluginFolder, pluginNames } from '#test/support/plugin-folders.ts';

const parts = await loadParts();
const longest = 120_000;

const others: { readonly plugin: string; readonly way: string }[] = [];
for (const plugin of await pluginNames()) {
  const kit = await openPluginKit({ folder: pluginFolder(plugin), engine: 'in-process', parts });
  for (const way of await waysOf(kit)) others.push({ plugin, way });
  await kit.close();
}

test('there are plugins with other ways', () => {
  expect(others).toEqual(
    expect.arrayContaining([
      { plugin: 'mikrotik', way: 'REST' },
      { plugin: 'mikrotik', way: 'RouterOS 6' },
    ]),
  );
});

describe.each(others)('$plugin over $way', async ({ plugin, way }) => {
  const opened = await openPluginKit({ folder: pluginFolder(plugin), engine: 'sandbox', parts });
  afterAll(() => opened.close());
  const kit = kitOver(opened, way);

  test.concurrent.each(kit.cases.map((one) => [one.hook, one.name, one] as const))(
    '%s %s ends as it says',
    async (_hook, _name, one) => {
      const { differences, reason, stack } = await runCase(kit, one);
      expect(differences.map(({ what, diff }) => `${what}\n${diff}`).join('\n'), `${reason}\n${stack}`).toBe('');
    },
    longest,
  );

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

// Every plugin's cases in this very process: where a breakpoint in a plugin is met, and its coverage is counted.
import { afterAll, describe, expect, test } from 'vitest';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { runCase } from '#core/plugin-kit/run-case.ts';
import { pluginFolder, pluginNames } from '#test/support/plugin-folders.ts';

const parts = await loadParts();

describe.each(await pluginNames())('%s', async (plugin) => {
  const kit = await openPluginKit({ folder: pluginFolder(plugin), engine: 'in-process', parts });
  afterAll(() => kit.close());

  test('there are cases', () => {
    expect(kit.cases.length).toBeGreaterThan(5);
  });

  test.concurrent.each(kit.cases.map((one) => [one.hook, one.name, one] as const))(
    '%s %s',
    async (_hook, _name, one) => {
      const { differences, reason, stack } = await runCase(kit, one);
      expect(differences.map(({ what, diff }) => `${what}\n${diff}`).join('\n'), `${reason}\n${stack}`).toBe('');
    },
  );
});

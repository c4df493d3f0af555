// Plugins that can look on: of what is done already none says that something is left, so that what they say beside an old script is a difference.
import { afterAll, describe, expect, test } from 'vitest';
import type { LiveNas } from '#core/plugin-host/live-nas.ts';
import type { Nas } from '#core/plugin-host/nas.ts';
import type { ShadowRun } from '#core/plugin-host/shadow-run.ts';
import { withShadow } from '#core/plugin-host/with-shadow.ts';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { pluginFolder } from '#test/support/plugin-folders.ts';

const parts = await loadParts();

const liveOf = (nas: Nas): LiveNas => ({
  nas,
  besides: new Set(),
  answered: () => true,
  quarantine: () => null,
  release: () => undefined,
  selfTest: async () => ({ type: 'passed' }),
  retire: async () => undefined,
});

describe.each([
  ['accel-ppp', 0],
  ['generic-coa', 0],
  ['linux', 0.5],
  ['mikrotik', 0.7],
])('%s', async (plugin, leastShare) => {
  const kit = await openPluginKit({ folder: pluginFolder(plugin), engine: 'sandbox', parts });
  afterAll(() => kit.close());
  const changing = kit.cases.filter(
    ({ hook, outcome }) => parts.hooks.get(hook)?.kind === 'change' && (outcome === 'done' || outcome === 'gone'),
  );
  const results: string[] = [];

  test.each(changing.map((one) => [one.hook, one.name, one] as const))(
    '%s %s leaves nothing to send that it could see',
    async (hook, name, { state, options, account, attempt }) => {
      const box = await kit.openBox({ state, options });
      const runs: ShadowRun[] = [];
      // The one that does the work and the one that looks on are the same program: they cannot disagree.
      const real = { ...box.nas, plugin: { ...box.nas.plugin, name: 'old-script' } };
      const { nas } = withShadow(
        liveOf(real),
        { live: liveOf(box.nas), problem: '', version: 'v' },
        {
          settings: { plugin, options: {}, hooks: null, before: false, deadlineMs: 20_000 },
          hooks: parts.hooks,
          definitions: parts.transports,
          onRun: (run) => void runs.push(run),
        },
      );
      const { signal } = new AbortController();
      await nas.run({ hook, account, attempt, jobId: '1', token: 'job-1', dryRun: false, signal });
      await box.close();

      const [{ result, reason, left } = { result: 'none', reason: '', left: [] }] = runs;
      results.push(`${result} ${hook} ${name}: ${reason}`);
      expect(['agree', 'unclear'], `${reason}\n${left.join('\n')}`).toContain(result);
    },
    60_000,
  );

  test('most of it is told, not left open', () => {
    const told = results.filter((text) => text.startsWith('agree'));
    expect(told.length / results.length, results.join('\n')).toBeGreaterThanOrEqual(leastShare);
  });
});

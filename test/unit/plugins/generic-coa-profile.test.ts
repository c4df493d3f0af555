// The generic-coa plugin as profiles use it: its model, the check of its options, and hooks without steps, in the real sandbox.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import { openRegistry } from '#core/plugin-host/registry.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { startSimulator } from '../../../plugins/generic-coa/simulator.ts';

const root = new URL('../../..', import.meta.url).pathname;
const dictionary = await loadDictionary(join(root, 'nas-profiles/dictionaries'));
const coa = createCoaDefinition(dictionary) as TransportDefinition;
const alice = { user_id: '1001', login: 'alice', acct_session_id: '81000001', nas_ip: '10.0.0.1' };

/** A registry with one profile, `box`, which extends the model and ends with these lines. */
async function openBox(...lines: readonly string[]) {
  const simulator = await startSimulator({ state: { sessions: { alice: { 'Acct-Session-Id': '81000001' } } } });
  const { host, port, secret } = simulator.transports['coa'] as { host: string; port: number; secret: string };
  const folder = tempDir();
  const profilesDir = join(folder, 'nas-profiles');
  const pluginsDir = join(folder, 'plugins');
  await mkdir(join(profilesDir, 'models'), { recursive: true });
  await cp(join(root, 'nas-profiles/models/generic-coa.yaml'), join(profilesDir, 'models/generic-coa.yaml'));
  await cp(join(root, 'plugins/generic-coa'), join(pluginsDir, 'generic-coa'), { recursive: true });
  const head = [
    'extends: generic-coa',
    'match: { nas_ip: 10.0.0.1 }',
    `transports: { coa: { host: ${host}, port: ${port}, secret: '\${env:BOX}' } }`,
  ];
  await writeFile(join(profilesDir, 'box.yaml'), [...head, ...lines].join('\n'));
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  const registry = await openRegistry({
    profilesDir,
    pluginsDir,
    loader: { readManifest, bundlePlugin },
    sandbox,
    transports: { coa },
    hooks: catalogue,
    log: { info: () => undefined, warn: () => undefined },
    env: { BOX: secret },
    selfTestMs: 1000,
    onReload: () => undefined,
  });
  onTestFinished(async () => {
    await registry.close();
    await sandbox.close();
    await simulator.close();
  });
  return {
    simulator,
    problem: registry.list().find(({ name }) => name === 'box')?.problem ?? '',
    async run(hook: string, more: Record<string, string> = {}) {
      const nas = registry.get('box');
      if (nas === undefined) throw new Error('The profile is not in force.');
      const { signal } = new AbortController();
      const account = { ...alice, ...more };
      return nas.run({ hook, jobId: '1', account, attempt: 1, token: 't-1', dryRun: false, signal });
    },
  };
}

test('the model alone ends sessions, and what it has no steps for is unsupported', async () => {
  const box = await openBox();
  expect(box.problem).toBe('');
  expect((await box.run('user_drop')).outcome).toEqual({
    type: 'unsupported',
    reason: "The profile's options have no steps for user_drop: this box is not told of it.",
  });
  expect((await box.run('user_disconnect')).outcome).toEqual({ type: 'done' });
  expect(box.simulator.state()).toEqual({ sessions: {} });
  expect((await box.run('user_del')).outcome).toMatchObject({ type: 'gone' });
});

test('steps of the profile are added to those of the model', async () => {
  const box = await openBox(
    'options:',
    '  hooks:',
    '    user_rate_set:',
    "      - coa: { Huawei-Input-Average-Rate: '{rate_in*1000}', Session-Timeout: 3600 }",
    '    user_edit: []',
  );
  const { outcome, exchanges } = await box.run('user_rate_set', { rate_in: '5000' });
  expect(outcome).toEqual({ type: 'done' });
  expect(exchanges[0]?.text).toContain('Huawei-Input-Average-Rate=5000000 Session-Timeout=3600');
  expect((await box.run('user_rate_set')).outcome).toMatchObject({ type: 'refused', code: 'nas_refused' });
  expect((await box.run('user_edit')).outcome).toMatchObject({ type: 'gone' });
  expect((await box.run('user_disconnect')).outcome).toEqual({ type: 'done' });
});

test.each([
  ['a hook that does not exist', '  hooks: { user_dropp: [{ disconnect: {} }] }', ['user_dropp', 'mean "user_drop"']],
  ['a hook that only reads', '  hooks: { user_info: [{ disconnect: {} }] }', ['user_info']],
  ['an unfinished variable', "  hooks: { user_drop: [{ coa: { Filter-Id: '{login' } }] }", ['user_drop', 'Filter-Id']],
  ['a factor that is no whole number', "  hooks: { user_drop: [{ coa: { Class: '{ip*1.5}' } }] }", ['Class']],
  ['a step of another kind', '  hooks: { user_drop: [{ reboot: {} }] }', ['reboot']],
  ['two requests in one step', '  hooks: { user_drop: [{ coa: {}, disconnect: {} }] }', ['user_drop']],
  ['nothing that identifies', '  identify: {}', ['identify']],
  ['an unknown word for offline', '  offline: maybe', ['offline', '"ok" or "refuse"']],
])('a profile with %s is refused with its place', async (_what, line, words) => {
  const { problem } = await openBox('options:', line);
  expect(problem).toMatch(/box\.yaml:5 options/);
  for (const word of words) expect(problem).toContain(word);
});

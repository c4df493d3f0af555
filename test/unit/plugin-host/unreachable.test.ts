// A box that is down in the plugin's own judgement counts as one that does not answer, wherever it is asked.
import { expect, onTestFinished, test } from 'vitest';
import { kindOf } from '#core/accounts/actual.ts';
import { openPluginWorld } from '#test/support/plugin-world.ts';
import { openSimulatedNas } from '#test/support/simulated-nas.ts';
import { until } from '#test/support/until.ts';

const downPlugin = `
import { definePlugin, unreachable } from '#plugin-sdk';
const down = () => unreachable('служба не запущена');
export default definePlugin({
  hooks: {
    user_drop() { throw down(); },
    user_info() { return down(); },
    async *users_from_nas() { throw down(); },
  },
  selfTest() { throw down(); },
  listSessions() { throw down(); },
});
`;

test('unreachable in a hook, a list or the self-test is a box that did not answer', async () => {
  const world = await openPluginWorld();
  await world.savePlugin(downPlugin);
  await until(() => world.status().warning.includes('служба не запущена'));
  expect(world.status().problem).toBe('');
  const reason = 'служба не запущена';
  for (const hook of ['user_drop', 'user_info'])
    expect((await world.run(hook)).outcome).toEqual({ type: 'retry', reason, code: 'nas_unreachable' });
  expect(kindOf((await world.run('user_info')).outcome)).toBe('unreachable');
  const { nas } = world.status();
  const { signal } = new AbortController();
  expect(await nas?.listSessions(signal)).toEqual({ type: 'unreachable', reason });
  expect(await nas?.listUsers({ signal, onUsers: () => undefined })).toEqual({ type: 'unreachable', reason });
});

test('a host whose accel-pppd does not run is in force, and its jobs wait for it', async () => {
  const box = await openSimulatedNas({
    plugin: 'accel-ppp',
    state: {},
    options: { cli_port: 2002, terminate: 'hard' },
  });
  onTestFinished(box.close);
  const { outcome } = await box.run('user_del', { user_id: '1', login: 'алиса', ip: '10.0.0.9' });
  expect(outcome).toMatchObject({
    type: 'retry',
    code: 'nas_unreachable',
    reason: expect.stringContaining('cli_port'),
  });
});

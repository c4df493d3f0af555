// What a plugin does at its box is held against its manifest and its profile, in the real sandbox with a real box.
import { expect, test } from 'vitest';
import type { MethodDefinition, TransportDefinition } from '#core/transport/transport.ts';
import { lineTransport } from '#test/support/line-box.ts';
import { openPluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

test('a call that plugin.json does not ask for is refused, says so, and never reaches the box', async () => {
  const world = await openPluginWorld({ open: false });
  await world.saveManifest({ transports: { line: ['read'] } });
  await world.open();
  const { outcome } = await world.run('user_add');
  expect(outcome).toMatchObject({
    type: 'refused',
    code: 'not_granted',
    reason: 'line.write write: the plugin.json of lines does not ask for that.',
  });
  expect(world.box.received.filter((line) => line.startsWith('add'))).toEqual([]);
  expect((await world.run('user_info')).outcome.type).toBe('done');
});

test('a profile grants less than the plugin asks for, from the moment that it is saved', async () => {
  const world = await openPluginWorld();
  expect((await world.run('user_add')).outcome.type).toBe('done');
  await world.save('bras-1', world.profile('grants: { line: read }', 'options: { tag: narrow }'));
  await world.inForce('narrow');
  const { outcome } = await world.run('user_add');
  expect(outcome).toMatchObject({ code: 'not_granted' });
  expect(outcome).toMatchObject({ reason: 'line.write write: the profile bras-1 does not grant that.' });
});

test('a dry run shows no more than what is granted', async () => {
  const world = await openPluginWorld({ open: false });
  await world.save('bras-1', world.profile('grants: { line: read }'));
  await world.open();
  const report = await world.run('user_add', { dryRun: true });
  expect(report.outcome).toMatchObject({ code: 'not_granted' });
});

test('grants for a transport that the plugin does not ask for are refused with their line', async () => {
  const world = await openPluginWorld();
  await world.save('bras-1', world.profile('grants: { lines: read }'));
  const problem = await world.refused('is not a transport that the plugin lines asks for');
  expect(problem).toMatch(/bras-1\.yaml:4 grants\.lines: .*did you mean .?line/);
});

test('calls beyond the rate wait; those that would wait past the deadline are tried again later', async () => {
  const world = await openPluginWorld({ open: false });
  await world.save(
    'bras-1',
    world.profile('limits: { call_rate: 5/s, deadline: 2s, rate: unlimited, concurrency: 100 }'),
  );
  await world.open();
  await until(() => world.registry.get('bras-1'));
  const runs = await Promise.all(Array.from({ length: 20 }, () => world.run('user_add')));
  const done = runs.filter(({ outcome }) => outcome.type === 'done').length;
  const waiting = runs.filter(({ outcome }) => 'code' in outcome && outcome.code === 'nas_busy');
  expect(done).toBeGreaterThan(3);
  expect(done).toBeLessThan(14);
  expect(done + waiting.length).toBe(20);
  expect(waiting[0]?.outcome).toMatchObject({ type: 'retry' });
});

test('what answers in parts, and what a dry run reads, is a call too and waits', async () => {
  const inParts: TransportDefinition = {
    ...(lineTransport as TransportDefinition),
    methods: {
      ...lineTransport.methods,
      pages: { ...(lineTransport.methods['read'] as MethodDefinition), inParts: true },
    },
    connect(section, environment) {
      const transport = (lineTransport as TransportDefinition).connect(section, environment);
      return {
        ...transport,
        async *stream(_method, args, context) {
          yield await transport.call('read', args, context);
        },
        plan: (_method, args, context) => transport.call('read', args, context),
      };
    },
  };
  const world = await openPluginWorld({ open: false, transports: { line: inParts } });
  await world.savePlugin(`
import { definePlugin } from '#plugin-sdk';
const twenty = Array.from({ length: 20 }, (_, at) => 'часть ' + at);
export default definePlugin({
  hooks: {
    async user_info(input, device) {
      for (const name of twenty) for await (const part of device.line.pages(name)) input.log(part);
    },
    async user_add(input, device) {
      for (const name of twenty) await device.line.write(name);
    },
  },
});`);
  await world.save('bras-1', world.profile('limits: { call_rate: 5/s, deadline: 2s }'));
  await world.open();
  expect((await world.run('user_info')).outcome).toMatchObject({ type: 'retry', code: 'nas_busy' });
  expect((await world.run('user_add', { dryRun: true })).outcome).toMatchObject({ type: 'retry', code: 'nas_busy' });
});

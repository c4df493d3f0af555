// Listing a box's sessions through the real sandbox: a list, no answer, no such function and rubbish are different answers.
import { expect, test } from 'vitest';
import { linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

const good = { acctSessionId: 's1', userName: 'алиса', framedIp: '10.1.2.3', callingStationId: '', uptime: 7 };

async function listing(body: string) {
  const world = await openPluginWorld({ open: false });
  await world.savePlugin(
    linesPlugin.replace('async selfTest(', `async listSessions(device, { options }) { ${body} },\n  async selfTest(`),
  );
  await world.open();
  const nas = world.registry.get('bras-1');
  return { world, list: () => nas?.listSessions(new AbortController().signal) };
}

test('a whole list comes out as it is', async () => {
  const { list } = await listing(`return [${JSON.stringify(good)}];`);
  expect(await list()).toEqual({ type: 'listed', sessions: [good] });
});

test('a hundred thousand sessions come out whole, from a list and from a generator', async () => {
  const session = `{ ...${JSON.stringify(good)}, acctSessionId: String(at + i), userName: 'абонент' + (at + i) }`;
  const some = `Array.from({ length: 5000 }, (_, i) => (${session}))`;
  const { world, list } = await listing(
    `const all = []; for (let at = 0; at < 100000; at += 5000) all.push(...${some}); return all;`,
  );
  // A plugin that keeps them all needs the memory for it.
  await world.save('bras-1', world.profile('limits: { memory: 128MB, cpu: 5s }'));
  await until(() => world.registry.get('bras-1')?.profile.limits.guest.memoryMb === 128);
  const whole = await list();
  expect(whole?.type === 'listed' && whole.sessions.at(-1)?.userName).toBe('абонент99999');
  expect(whole?.type === 'listed' && whole.sessions.length).toBe(100_000);

  const inParts = await openPluginWorld({ open: false });
  const body = `for (let at = 0; at < 100000; at += 5000) yield ${some};`;
  await inParts.savePlugin(
    linesPlugin.replace('async selfTest(', `async *listSessions() { ${body} },\n  async selfTest(`),
  );
  await inParts.open();
  expect(await inParts.registry.get('bras-1')?.listSessions(new AbortController().signal)).toEqual(whole);
});

test('an empty list is a list', async () => {
  const { list } = await listing('return [];');
  expect(await list()).toEqual({ type: 'listed', sessions: [] });
});

test('a plugin without listSessions does not support it', async () => {
  const world = await openPluginWorld();
  const answer = await world.registry.get('bras-1')?.listSessions(new AbortController().signal);
  expect(answer).toMatchObject({ type: 'unsupported', reason: expect.stringContaining('lines') });
});

test('a box that does not answer is unreachable', async () => {
  const { world, list } = await listing(`await device.line.read('info'); return [];`);
  await world.box.close();
  expect(await list()).toMatchObject({ type: 'unreachable' });
});

test.each([
  ['nothing', 'return undefined;'],
  ['a text', "return 'none';"],
  ['an object', 'return { length: 0 };'],
  ['a row without a name', "return [{ acctSessionId: 's1' }];"],
  ['a name that is no text', `return [{ ...${JSON.stringify(good)}, userName: 7 }];`],
  ['an address that is none', `return [{ ...${JSON.stringify(good)}, framedIp: 'x; reboot' }];`],
  ['an endless name', `return [{ ...${JSON.stringify(good)}, userName: 'a'.repeat(5000) }];`],
  ['a negative time', `return [{ ...${JSON.stringify(good)}, uptime: -1 }];`],
  ['an error', "throw new Error('broken on purpose');"],
  ['a write', "await device.line.write('drop all'); return [];"],
])('a plugin that answers with %s has failed, and nothing is listed', async (_name, body) => {
  const { list } = await listing(body);
  expect(await list()).toMatchObject({ type: 'failed', reason: expect.any(String) });
});

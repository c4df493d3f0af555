// Listing a box's sessions through the real sandbox: a list, no answer, no such function and rubbish are different answers.
import { expect, test } from 'vitest';
import { linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';

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

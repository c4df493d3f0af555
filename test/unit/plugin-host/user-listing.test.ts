// Listing a box's users through the real sandbox: all of it comes bit by bit, or it counts for nothing.
import { expect, test } from 'vitest';
import type { BoxUser } from '#core/plugin-sdk/index.ts';
import { linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';
import { workerPids } from '#test/support/sandbox-workers.ts';
import { until } from '#test/support/until.ts';

const alice: BoxUser = { user_id: '1001', login: 'алиса', ip: '10.1.2.3', accept: true, rate: null, services: ['тв'] };
const rows = (from: number | 'at', count: number) =>
  `Array.from({ length: ${count} }, (_, i) => ({ user_id: String(${from} + i), login: 'абонент' + (${from} + i), ip: '' }))`;

interface Given {
  readonly profile?: string;
  readonly onUsers?: (users: readonly BoxUser[]) => Promise<void> | void;
}

async function listing(body: string, given: Given = {}) {
  const world = await openPluginWorld({ open: false });
  await world.savePlugin(linesPlugin.replace('hooks: {', `hooks: { ${body},`));
  await world.save('bras-1', world.profile(given.profile ?? ''));
  await world.open();
  const users: BoxUser[] = [];
  const onUsers = given.onUsers ?? ((some: readonly BoxUser[]) => void users.push(...some));
  const nas = () => world.registry.get('bras-1');
  return { world, users, nas, list: () => nas()?.listUsers({ signal: new AbortController().signal, onUsers }) };
}

const generator = (body: string) => `async *users_from_nas({ options }, device) { ${body} }`;

test('a returned list comes out as it is', async () => {
  const { users, list } = await listing(`async users_from_nas() { return [${JSON.stringify(alice)}]; }`);

  expect(await list()).toEqual({ type: 'listed', takenAt: null, kinds: [] });
  expect(users).toEqual([alice]);
});

test('a hundred thousand users come in order, in parts that were taken one by one', async () => {
  let taken = 0;
  let atOnce = 0;
  let most = 0;
  const { list } = await listing(generator(`for (let at = 0; at < 100000; at += 5000) yield ${rows('at', 5000)};`), {
    async onUsers(some) {
      atOnce += 1;
      most = Math.max(most, atOnce);
      for (const { user_id } of some) if (user_id !== String(taken++)) throw new Error(`${user_id} came too early`);
      await new Promise(setImmediate);
      atOnce -= 1;
    },
  });

  expect(await list()).toMatchObject({ type: 'listed' });
  expect(taken).toBe(100_000);
  expect(most).toBe(1);
});

test('the plugin asks the box for no more than was taken', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let calls = 0;
  const { world, list } = await listing(
    generator(
      `for (let page = 1; page <= 3; page += 1) { await device.line.read('page ' + page); yield ${rows(1, 3)}; }`,
    ),
    {
      async onUsers() {
        calls += 1;
        await released;
      },
    },
  );
  const listed = list();
  await until(() => calls === 1);
  // The way to the box and back is longer than that to us: a page that was asked for would be there.
  await world.run('user_info');
  expect(world.box.received.filter((line) => line.startsWith('page'))).toEqual(['page 1']);

  release();
  expect(await listed).toMatchObject({ type: 'listed' });
  expect(world.box.received.filter((line) => line.startsWith('page'))).toEqual(['page 1', 'page 2', 'page 3']);
});

test('what the list means is said after it', async () => {
  const kinds = [
    { kind: { ip: 'none' }, unlisted: 'unknown' },
    { kind: { auth_types: ['1'] }, addLogsIn: true, unlisted: { accept: true, rate: null } },
  ];
  const { list } = await listing(
    generator(`yield []; return { takenAt: 1700000000000, kinds: ${JSON.stringify(kinds)} };`),
  );

  expect(await list()).toEqual({ type: 'listed', takenAt: 1_700_000_000_000, kinds });
});

test('a box that goes away in the middle is unreachable', async () => {
  const { world, list } = await listing(generator(`yield ${rows(1, 3)}; await device.line.read('more'); yield [];`), {
    onUsers: () => world.box.close(),
  });

  expect(await list()).toMatchObject({ type: 'unreachable' });
});

test('a plugin that waits for ever is unreachable after the deadline of the resync', async () => {
  const { list } = await listing(generator(`yield ${rows(1, 3)}; await new Promise(() => {});`), {
    profile: 'resync: { deadline: 1s }',
  });

  expect(await list()).toMatchObject({ type: 'unreachable' });
});

test('a plugin that says that it cannot is unsupported, one that lacks the hook too', async () => {
  const { list } = await listing(
    generator("yield []; return Object.assign(new Error('not on this box'), { verdict: 'unsupported' });"),
  );
  expect(await list()).toEqual({ type: 'unsupported', reason: 'not on this box' });

  const without = await openPluginWorld();
  const signal = new AbortController().signal;
  expect(await without.registry.get('bras-1')?.listUsers({ signal, onUsers: () => undefined })).toMatchObject({
    type: 'unsupported',
  });
});

test.each([
  ['throws in the middle', `yield ${rows(1, 3)}; throw new Error('broken on purpose');`],
  ['yields no list', `yield ${rows(1, 3)}; yield { length: 0 };`],
  ['yields a row without a login', "yield [{ user_id: '1', ip: '' }];"],
  ['yields a row of nobody', "yield [{ user_id: '', login: '', ip: '' }];"],
  ['yields a flag that is a text', "yield [{ user_id: '1', login: '', ip: '', accept: 'false' }];"],
  ['yields a rate below nothing', "yield [{ user_id: '1', login: '', ip: '', rate: { rate_in: -1, rate_out: 0 } }];"],
  ['yields endless texts', "yield [{ user_id: 'я'.repeat(254), login: '', ip: '' }];"],
  ['yields rows larger than a call', "yield [{ user_id: '1', login: '', ip: '', more: 'x'.repeat(2e6) }];"],
  ['goes on after a wrong row', `try { yield [{}]; } finally { return {}; }`],
  ['returns its list at the end', `return ${rows(1, 3)};`],
  ['returns an error', `yield ${rows(1, 3)}; return new Error('no more');`],
  ['says something that is no info', 'yield []; return { kinds: [{ kind: { ip: 7 } }] };'],
  ['writes', `await device.line.write('drop all'); yield ${rows(1, 3)};`],
  ['eats its memory', 'const eaten = []; for (;;) { eaten.push(new Array(1e6).fill(eaten.length)); }'],
])('a generator that %s has failed', async (_what, body) => {
  const { list } = await listing(generator(body));

  expect(await list()).toMatchObject({ type: 'failed', reason: expect.any(String) });
});

test('a worker that dies in the middle leaves no list', async () => {
  const { list } = await listing(generator(`yield ${rows(1, 3)}; await device.line.read('more'); yield [];`), {
    onUsers() {
      for (const pid of workerPids()) process.kill(pid, 'SIGKILL');
    },
  });

  expect(await list()).toMatchObject({ type: 'failed', reason: expect.stringContaining('worker') });
});

test('a list without an end is over at the limit of parts in one run', async () => {
  let taken = 0;
  const { list } = await listing(generator(`for (;;) yield ${rows(1, 1)};`), {
    onUsers: (users) => {
      taken += users.length;
    },
  });

  expect(await list()).toMatchObject({ type: 'failed', reason: expect.stringContaining('20000 parts') });
  expect(taken).toBe(20_000);
});

test('who cannot take the rows stops the list', async () => {
  const { world, list } = await listing(generator(`yield ${rows(1, 3)}; await device.line.read('more');`), {
    onUsers: () => Promise.reject(new Error('the disk is full')),
  });

  expect(await list()).toMatchObject({ type: 'failed' });
  expect(world.box.received).not.toContain('more');
});

test('asked as a hook, a generator answers with one list, or says that it is too large for that', async () => {
  const { world } = await listing(generator(`yield ${rows(1, 2)}; yield ${rows(3, 1)};`));
  const answer = await world.run('users_from_nas');
  expect((answer.value as BoxUser[]).map(({ user_id }) => user_id)).toEqual(['1', '2', '3']);

  const endless = generator(
    `for (let at = 1; ; at += 500) { yield ${rows('at', 500)}; await device.line.read('more'); }`,
  );
  const large = await listing(endless);
  const refused = await large.world.run('users_from_nas');
  expect(refused.outcome).toMatchObject({ type: 'refused', code: 'call_limit' });
});

test('the uptime of the box is a number of seconds, or not known', async () => {
  const uptimeOf = async (body: string) => {
    const { world, nas } = await listing('async user_get_mac() {}');
    await world.savePlugin(
      linesPlugin.replace('async selfTest(', `async uptime(device) { ${body} },\n  async selfTest(`),
    );
    await until(() => world.changes.length > 0);
    return nas()?.uptime(new AbortController().signal);
  };
  expect(await uptimeOf("await device.line.read('uptime'); return 86400.5;")).toBe(86_400.5);
  expect(await uptimeOf("return '1d';")).toBeNull();
  expect(await uptimeOf('return -1;')).toBeNull();
  expect(await uptimeOf("throw new Error('broken on purpose');")).toBeNull();
  const without = await openPluginWorld();
  expect(await without.registry.get('bras-1')?.uptime(new AbortController().signal)).toBeNull();
});

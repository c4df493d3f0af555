// A NAS in force: what a run comes to, what it leaves in the journal, and that it keeps its deadline whatever happens.
import { expect, test } from 'vitest';
import { linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

test('a run reports what was sent, answered and said, in order and with times', async () => {
  const world = await openPluginWorld();
  const begun = Date.now();

  const report = await world.run('user_add');

  expect(report.exchanges.map(({ kind, via, text }) => `${kind} ${via} ${text}`)).toEqual([
    'log plugin adding alice',
    'sent line login ***; add alice first',
    'received line ok add alice first',
  ]);
  for (const { at } of report.exchanges) expect(at).toBeGreaterThanOrEqual(begun);
  expect(report).toMatchObject({ outcome: { type: 'done' }, value: null, stack: '' });
});

test.each([
  ['user_del', {}, { type: 'gone', reason: 'no such user alice' }],
  ['user_redirect', {}, { type: 'refused', reason: 'not here, абонент', code: 'nas_refused' }],
  ['user_redirect', { later: '1' }, { type: 'retry', reason: 'later', code: 'nas_busy', afterMs: 1500 }],
  [
    'user_drop',
    { answer: 'busy' },
    { type: 'retry', reason: 'the box is busy The box said: busy alice', code: 'nas_busy' },
  ],
  [
    'user_drop',
    { answer: 'no' },
    { type: 'refused', reason: 'the box refused, our secret was *** The box said: no alice', code: 'nas_refused' },
  ],
  ['user_accept', {}, { type: 'done' }],
  ['users_from_nas', {}, { type: 'unsupported', reason: 'The plugin lines has no hook users_from_nas.' }],
  ['user_event_before', {}, { type: 'unsupported', reason: 'The plugin lines has no hook user_event_before.' }],
  ['constructor', {}, { type: 'unsupported', reason: 'The plugin lines has no hook constructor.' }],
])('a run of %s with %j ends as it should', async (hook, account, outcome) => {
  const world = await openPluginWorld();

  expect((await world.run(hook, { account })).outcome).toEqual(outcome);
});

test('a read hook gives its answer back', async () => {
  const world = await openPluginWorld();

  expect((await world.run('user_info')).value).toEqual({ answer: 'ok info alice' });
});

test('a plugin that throws is refused with its stack', async () => {
  const world = await openPluginWorld();

  const { outcome, stack } = await world.run('user_auth');

  expect(outcome).toMatchObject({ type: 'refused', code: 'plugin_error' });
  expect(stack).toContain('broken on purpose');
});

test('a plugin hears an error with code and words, and without secrets', async () => {
  const world = await openPluginWorld();
  await world.savePlugin(
    linesPlugin.replace('async user_info(', 'async user_test(').replace('async user_accept(', 'async user_info('),
  );
  await until(() => world.changes.length > 0);

  const { value } = await world.run('user_info');

  expect(value).toMatchObject({
    code: 'nas_refused',
    said: 'no thanks',
    message: 'the box refused, our secret was ***',
  });
});

test.each([
  ['user_edit', 'arguments_invalid'],
  ['user_rate_set', 'plugin_error'],
])('a call that is not allowed ends %s as %s', async (hook, code) => {
  const world = await openPluginWorld();

  expect((await world.run(hook)).outcome).toMatchObject({ type: 'refused', code });
});

test('a dry run makes the reads, records the writes and sends none', async () => {
  const world = await openPluginWorld();
  world.box.received.length = 0;

  const write = await world.run('user_add', { dryRun: true });
  const read = await world.run('user_info', { dryRun: true });

  expect(write.outcome).toEqual({ type: 'done' });
  expect(write.exchanges.filter(({ kind }) => kind === 'recorded')).toMatchObject([
    { via: 'line', text: 'login ***; write add alice first' },
  ]);
  expect(read.value).toEqual({ answer: 'ok info alice' });
  expect(world.box.received).toEqual(['info alice']);
});

test('a box that does not answer is a timeout of the box at the deadline, not a fault of the plugin', async () => {
  const world = await openPluginWorld();
  await world.save('bras-1', world.profile('limits: { deadline: 400ms }', 'options: { tag: hang }'));
  await world.inForce('hang');
  const release = world.box.hold('hang');

  const begun = performance.now();
  const { outcome } = await world.run('user_add');

  expect(outcome).toMatchObject({ type: 'retry', code: 'nas_timeout' });
  expect(performance.now() - begun).toBeLessThan(900);
  release();
});

test('a plugin that waits for nothing is cut off at the deadline', async () => {
  const world = await openPluginWorld();
  const before = world.registry.get('bras-1')?.plugin.hash;
  await world.savePlugin(linesPlugin.replace("throw new Error('broken on purpose')", 'await new Promise(() => {})'));
  await world.save('bras-1', world.profile('limits: { deadline: 300ms }', 'options: { tag: stuck }'));
  await world.inForce('stuck');
  // Two files were saved: the profile can be in force before the plugin is.
  await until(() => world.registry.get('bras-1')?.plugin.hash !== before);

  const { outcome } = await world.run('user_auth');

  expect(outcome).toMatchObject({ type: 'retry', code: 'deadline_exceeded' });
});

test('a run is called off by its signal', async () => {
  const world = await openPluginWorld();
  const release = world.box.hold('add');
  const stop = new AbortController();
  const running = world.run('user_add', { signal: stop.signal });
  await until(() => world.box.received.includes('add alice first'));

  stop.abort();

  expect((await running).outcome).toMatchObject({ type: 'retry', code: 'aborted' });
  release();
});

test('a call that still waits when its run ends is ended with it, also beside one of the same name that was answered', async () => {
  const world = await openPluginWorld({ open: false });
  const body = "await Promise.all([device.line.read('hang'), device.line.read('no thanks')]);";
  await world.savePlugin(
    linesPlugin.replace('async user_info({ account }, device) {', `async user_info(_, device) { ${body}`),
  );
  await world.open();
  const release = world.box.hold('hang');

  const { outcome } = await world.run('user_info');

  expect(outcome).toMatchObject({ type: 'refused' });
  await until(() => world.box.connections() === 0);
  release();
});

test('user_event_before and user_event_after run around change hooks and no others', async () => {
  const world = await openPluginWorld({ open: false });
  const around = (name: string) =>
    `async ${name}({ hook, account }, device) { await device.line.write((account.${name} ?? '${name}') + ' ' + hook); },`;
  await world.savePlugin(
    linesPlugin.replace('hooks: {', `hooks: { ${around('user_event_before')} ${around('user_event_after')}`),
  );
  await world.open();
  world.box.received.length = 0;

  await world.run('user_add');
  await world.run('user_info');
  await world.run('user_del');
  const refused = await world.run('user_add', { account: { user_event_before: 'no' } });
  const failing = await world.run('user_add', { account: { user_event_after: 'busy' } });

  expect(world.box.received).toEqual([
    'user_event_before user_add',
    'add alice first',
    'user_event_after user_add',
    'info alice',
    'user_event_before user_del',
    'user_event_after user_del',
    'no user_add',
    'user_event_before user_add',
    'add alice first',
    'busy user_add',
  ]);
  expect(refused.outcome).toMatchObject({ type: 'refused' });
  expect('reason' in refused.outcome && refused.outcome.reason).toContain('user_event_before: the box refused');
  expect(failing.outcome).toMatchObject({ type: 'retry', code: 'nas_busy' });
});

test('a journal of one run is bounded and says that it is', async () => {
  const world = await openPluginWorld();
  await world.savePlugin(
    linesPlugin.replace("log('adding ' + account.login);", "for (let i = 0; i < 199; i += 1) log('Ж'.repeat(10000));"),
  );
  await until(() => world.changes.length > 0);

  const { exchanges } = await world.run('user_add');

  expect(JSON.stringify(exchanges).length).toBeLessThan(700_000);
  expect(exchanges.at(-1)?.text).toContain('the journal of this run is full');
});

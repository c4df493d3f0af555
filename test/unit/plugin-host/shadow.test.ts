// A plugin that only looks on: what it says of a run, and that it writes nothing, delays little and changes nothing.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Exchange, Outcome } from '#core/model/outcome.ts';
import { otherOnBox } from '#core/plugin-host/settled-on-box.ts';
import { isComparable, verdictOf } from '#core/plugin-host/shadow-run.ts';
import { openPluginWorld, type PluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

const done: Outcome = { type: 'done' };
const gone: Outcome = { type: 'gone', reason: 'нечего убирать' };
const refused: Outcome = { type: 'refused', reason: 'no', code: 'nas_refused' };
const wrote = (via: string): Exchange => ({ at: 0, kind: 'recorded', via, text: 'set it' });

test.each<[string, Outcome, Outcome | null, Exchange[], string | null, string, string]>([
  ['nothing left', done, done, [], null, 'agree', ''],
  ['nothing there for either', gone, gone, [], null, 'agree', ''],
  ['what it keeps for itself is no matter of the box', done, done, [wrote('kv')], null, 'agree', ''],
  ['something left', done, done, [wrote('routeros')], '', 'differ', 'it would still send something'],
  ['sends always, the box has it', done, done, [wrote('ssh')], '', 'agree', ''],
  [
    'sends always, the box has it not',
    done,
    done,
    [wrote('ssh')],
    'the box has accept true',
    'differ',
    'the box has accept true',
  ],
  ['sends always, nobody can tell', done, done, [wrote('coa')], null, 'unclear', 'it sends this by coa each time'],
  ['says that nothing is there', done, gone, [wrote('ssh')], null, 'agree', ''],
  ['both refuse', refused, refused, [], null, 'agree', ''],
  ['would not refuse', refused, done, [wrote('routeros')], null, 'differ', 'it would not refuse'],
  ['refuses', done, refused, [], null, 'differ', 'refused: no'],
  ['has no such hook', done, { type: 'unsupported', reason: 'none' }, [], null, 'differ', 'unsupported: none'],
  ['the box is silent', done, { type: 'retry', reason: 'silence', code: 'nas_timeout' }, [], null, 'unclear', 'retry'],
  ['in quarantine', done, { type: 'refused', reason: 'held', code: 'quarantined' }, [], null, 'unclear', 'held'],
  ['not in time', done, null, [], null, 'unclear', 'in time'],
])('%s', (_name, real, outcome, exchanges, other, result, reason) => {
  const after = outcome && { outcome, exchanges, value: null, stack: '', program: 'new@1.0.0#1' };

  const verdict = verdictOf({ done: real, after, other, isExact: (via) => via === 'routeros' });

  expect(verdict).toMatchObject({ result, reason: expect.stringContaining(reason) });
});

test('only what the box took, or refused for good, is compared', () => {
  expect([done, gone, refused].map(isComparable)).toEqual([true, true, true]);
  const others: Outcome[] = [
    { type: 'retry', reason: '', code: 'nas_timeout' },
    { type: 'refused', reason: '', code: 'plugin_error' },
    { type: 'unsupported', reason: '' },
  ];
  expect(others.map(isComparable)).toEqual([false, false, false]);
});

test.each<[Parameters<typeof otherOnBox>, string | null]>([
  [[{ user: { accept: false } }, { flag: 'accept', value: false }, {}], ''],
  [[{ user: { accept: true } }, { flag: 'accept', value: false }, {}], 'the box has accept true, not false'],
  [[{ user: {} }, { flag: 'accept', value: false }, {}], null],
  [[{ user: null }, { flag: 'accept', value: false }, {}], null],
  [[{ user: null }, { flag: 'exists', value: false }, {}], ''],
  [[{ user: {} }, { flag: 'exists', value: true }, {}], ''],
  [[{ user: { exists: null } }, { flag: 'exists', value: true }, {}], null],
  [[{ user: { logged: true } }, { flag: 'logged', value: false }, { acct_session_id: '8' }], null],
  [[{ user: { rate: null } }, { flag: 'rate', value: 'none' }, {}], ''],
  [
    [
      { user: { rate: { rate_in: 1, rate_out: 2 } } },
      { flag: 'rate', value: 'payload' },
      { rate_in: '01', rate_out: '2' },
    ],
    '',
  ],
  [
    [
      { user: { rate: { rate_in: 2, rate_out: 1 } } },
      { flag: 'rate', value: 'payload' },
      { rate_in: '1', rate_out: '2' },
    ],
    'the box has rate 2/1, not 1/2',
  ],
  [[{ user: { services: ['тв'] } }, { flag: 'service', value: 'on' }, { usluga_id: 'тв' }], ''],
  [
    [{ user: { services: [] } }, { flag: 'service', value: 'on' }, { usluga_id: 'тв' }],
    'the box has service off, not on',
  ],
  [['<pre>', { flag: 'accept', value: false }, {}], null],
])('what the box has is read off the report (%#)', (question, other) => {
  expect(otherOnBox(...question)).toBe(other);
});

const newPlugin = `
import { definePlugin } from '#plugin-sdk';

export default definePlugin({
  hooks: {
    async user_add({ account, dryRun }, device) {
      await device.line.write('new ' + account.login);
    },
    async user_drop({ account }, device) {
      await device.line.read('stuck ' + account.login);
    },
    async user_accept() {
      for (;;) {}
    },
  },
});
`;

async function saveNew(world: PluginWorld, source = newPlugin): Promise<void> {
  const folder = join(world.pluginsDir, 'new-one');
  await mkdir(folder, { recursive: true });
  const manifest = {
    name: 'new-one',
    version: '1.0.0',
    api: '^1',
    summary: 'The new one.',
    transports: { line: ['*'] },
  };
  const options = { type: 'object', properties: { tag: { type: 'string' } }, additionalProperties: false };
  await writeFile(join(folder, 'plugin.json'), JSON.stringify({ ...manifest, options }));
  await writeFile(join(folder, 'plugin.ts'), source);
}

async function world(shadow: string, source = newPlugin) {
  const made = await openPluginWorld({ open: false });
  await saveNew(made, source);
  await made.save('bras-1', made.profile(shadow));
  await made.open();
  return made;
}

test('it writes nothing, and what it would send stands in the journal and the report', async () => {
  const { run, box, registry } = await world('shadow: { plugin: new-one }');
  box.received.length = 0;

  const report = await run('user_add');

  expect(report.outcome).toEqual({ type: 'done' });
  expect(box.received).toEqual(['add alice plain']);
  expect(report.exchanges.at(-1)).toMatchObject({ kind: 'log', via: 'shadow' });
  expect(report.exchanges.at(-1)?.text).toMatch(/^new-one@1\.0\.0#\w+: unclear, .*\nline: /);
  const [seen] = await registry.shadows();
  expect(seen).toMatchObject({
    hooks: [{ hook: 'user_add', agree: 0, differ: 0, unclear: 1 }],
    differences: [{ login: 'alice' }],
  });
});

test('a dry run, a read and what ended without an answer are not compared', async () => {
  const { run, registry } = await world('shadow: { plugin: new-one }');

  await run('user_add', { dryRun: true });
  await run('user_info');
  await run('user_drop', { account: { answer: 'busy' } });

  expect(await registry.shadows()).toMatchObject([{ since: null, hooks: [] }]);
});

test('one that hangs or never ends keeps its lane no longer than the profile says, and the outcome is the real one', async () => {
  const { run, box, registry } = await world('shadow: { plugin: new-one, deadline: 300ms }');
  box.hold('stuck');

  const reports = [await run('user_drop'), await run('user_accept')];

  expect(reports.map(({ outcome }) => outcome.type)).toEqual(['done', 'done']);
  const [seen] = await registry.shadows();
  expect(seen?.hooks.every(({ agree, differ, unclear }) => agree === 0 && differ + unclear === 1)).toBe(true);
  expect(await run('user_add')).toMatchObject({ outcome: { type: 'done' } });
});

test('one that does not load, or whose options are wrong, keeps nothing from running and is said', async () => {
  const made = await world('shadow: { plugin: new-one, options: { tag: 5 } }');
  expect(made.status()).toMatchObject({
    problem: '',
    warning: expect.stringContaining('bras-1.yaml:4 shadow.options.tag'),
  });
  expect(await made.run('user_add')).toMatchObject({ outcome: { type: 'done' } });
  const [checked] = await made.registry.validate('bras-1');
  expect(checked?.problems[0]?.where).toMatch(/bras-1\.yaml:4 shadow\.options\.tag$/);

  await made.save('bras-1', made.profile('shadow: { plugin: new-one }'));
  await until(() => made.status().warning === '');
  await saveNew(made, 'broken (');
  await until(() => made.status().warning.includes('shadow.plugin: the plugin new-one does not load'));
  expect(await made.run('user_add')).toMatchObject({ outcome: { type: 'done' } });

  await saveNew(made);
  await until(() => made.status().warning === '');
  await made.run('user_add');
  expect(await made.registry.shadows()).toMatchObject([{ hooks: [{ hook: 'user_add' }] }]);
});

test('counts begin anew with another version or other options, and only the hooks that are named are compared', async () => {
  const made = await world('shadow: { plugin: new-one, hooks: [user_add] }');
  await made.run('user_add');
  await made.run('user_del');
  expect(await made.registry.shadows()).toMatchObject([{ hooks: [{ hook: 'user_add', unclear: 1 }] }]);

  await saveNew(made, newPlugin.replace("'new '", "'newer '"));
  await until(async () => (await made.registry.shadows())[0]?.since === null);
  await made.run('user_add');

  expect(await made.registry.shadows()).toMatchObject([
    { hooks: [{ unclear: 1 }], differences: [{ left: [expect.stringContaining('newer')] }] },
  ]);
});

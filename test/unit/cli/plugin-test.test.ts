// `ossia plugin test` on an integrator's own folder: what it prints, what it finds, and its exit codes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PluginReport } from '#core/plugin-kit/try-plugin.ts';
import { goodCases, goodHooks, writeAcme } from '#test/support/acme-plugin.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const main = fileURLToPath(new URL('../../../core/main.ts', import.meta.url));
const longest = 120_000;

function ossia(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 100_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

async function broken(hooks: string, cases = goodCases): Promise<PluginReport> {
  const folder = await writeAcme(tempDir(), { hooks, cases });
  const { code, out, err } = await ossia('plugin', 'test', folder, '--in-process', '--json');
  expect([code, err]).toEqual([1, '']);
  return JSON.parse(out) as PluginReport;
}

const brokenPromises = ({ contract }: PluginReport) =>
  contract.filter((one) => one.broken.length > 0).map(({ name, broken }) => [name, JSON.stringify(broken)] as const);

test.each(['--sandbox', '--in-process'])(
  'a plugin in a folder of its own keeps all promises with %s',
  async (engine) => {
    const folder = await writeAcme(tempDir(), { hooks: goodHooks, cases: goodCases });
    const { code, out, err } = await ossia('plugin', 'test', folder, engine);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('acme 0.1.0, in');
    expect(out).toMatch(/ok +user_add new\n/);
    for (const promise of ['every-hook', 'steady', 'add-then-del', 'hostile-values', 'deadline', 'faults'])
      expect(out).toMatch(new RegExp(`ok +${promise}: .* \\((\\d+) of \\1\\)\n`));
    expect(out).toMatch(/2 of 2 cases as they should be; all promises kept\n$/);
  },
  longest,
);

test(
  'a case that ends otherwise is shown with what differs, and the line of the plugin that threw',
  async () => {
    const hooks = `
    async user_add({ account }) {
      throw new Error('сломано ' + account.login);
    },`;
    const folder = await writeAcme(tempDir(), { hooks, cases: goodCases.slice(0, 1) });
    for (const engine of ['--sandbox', '--in-process']) {
      const { code, out } = await ossia('plugin', 'test', folder, engine, '--only', 'user_add/new');
      expect(code).toBe(1);
      expect(out).toMatch(/FAIL +user_add new +plugins\/acme\/cases\/user_add\/new\.json\n/);
      expect(out).toContain("- put -- 1001 'алиса'");
      expect(out).toMatch(/outcome\n +- "done"\n +\+ "refused \(plugin_error\)"/);
      expect(out).toMatch(/сломано алиса[\s\S]*plugins\/acme\/plugin\.ts:7:/);
    }
  },
  longest,
);

test(
  'a hook that counts is not steady, and a lost answer makes it count twice',
  async () => {
    const hooks = `
    async user_add({ account }, device) {
      await device.ssh.run(sh\`count -- \${account.user_id}\`);
    },`;
    const of = { account: { user_id: '1' }, outcome: 'done', sent: ['count -- 1'], state_after: { '1': '1' } };
    const report = await broken(hooks, [{ hook: 'user_add', name: 'counts', of }]);
    expect(report.cases.map(({ differences }) => differences)).toEqual([[]]);
    expect(brokenPromises(report)).toEqual([
      ['steady', expect.stringContaining('run twice, it left another state')],
      ['faults', expect.stringContaining('lost-answer')],
    ]);
  },
  longest,
);

test(
  'a write that says it reads is found by the dry run, an unquoted value by hostile values',
  async () => {
    const hooks = `
    async user_add({ account }, device) {
      await device.ssh.read('put ' + account.user_id + ' x');
    },`;
    const of = { account: { user_id: '1' }, outcome: 'done', sent: ['put 1 x'], state_after: { '1': 'x' } };
    const found = brokenPromises(await broken(hooks, [{ hook: 'user_add', name: 'reads', of }]));
    expect(found.map(([name]) => name)).toEqual(['steady', 'hostile-values']);
    expect(found[0]?.[1]).toContain('a dry run changed the box');
    for (const what of ['single quotes', 'new lines', 'operators', 'substitution'])
      expect(found[1]?.[1]).toContain(`user_id with ${what}: it changes what the box is told`);
  },
  longest,
);

test(
  'a plugin that takes silence for done, and leaves something behind, is found',
  async () => {
    const hooks = `
    async user_add({ account }, device) {
      await device.ssh.run(sh\`put -- \${account.user_id} x\`).catch(() => undefined);
    },
    async user_del() {},`;
    const cases = [
      {
        hook: 'user_add',
        name: 'new',
        of: { account: { user_id: '1' }, outcome: 'done', sent: ['put 1 x'], state_after: { '1': 'x' } },
      },
      { hook: 'user_del', name: 'idle', of: { account: { user_id: '1' }, outcome: 'done', sent: [], state_after: {} } },
    ];
    const found = new Map(brokenPromises(await broken(hooks, cases)));
    expect(found.get('faults')).toContain('it says done, and the box has not what it should have');
    expect([...found.keys()]).toContain('faults');
  },
  longest,
);

test(
  'a wrong case is named with file, line and key, and a hook that is no hook',
  async () => {
    const cases = [
      {
        hook: 'user_add',
        name: 'a',
        of: '{\n  "account": { "user_id": 7 },\n  "outcom": "done",\n  "sent": [],\n  "state_after": {}\n}',
      },
      { hook: 'user_drp', name: 'b', of: '{ "account": {}, "outcome": "fine", "sent": [], "state_after": {} }' },
      { hook: 'user_add', name: 'c', of: '{ "account": {}, "outcome": ' },
    ];
    const folder = await writeAcme(tempDir(), { hooks: goodHooks, cases });
    const { code, err } = await ossia('plugin', 'test', folder);
    expect(code).toBe(1);
    expect(err).toContain(
      'plugins/acme/cases/user_add/a.json:2 account.user_id: expected a text, as the billing sends it',
    );
    expect(err).toContain('plugins/acme/cases/user_add/a.json:3 outcom: is not a known key; did you mean "outcome"?');
    expect(err).toContain(
      'plugins/acme/cases/user_drp/b.json: "user_drp" is not a hook of the catalogue; did you mean "user_drop"?',
    );
    expect(err).toContain('plugins/acme/cases/user_drp/b.json:1 outcome: expected one of done, gone,');
    expect(err).toMatch(/plugins\/acme\/cases\/user_add\/c\.json/);
  },
  longest,
);

test(
  'used wrongly, it says how it is used',
  async () => {
    const folder = await writeAcme(tempDir(), { hooks: goodHooks, cases: goodCases });
    expect(await ossia('plugin', 'test')).toMatchObject({ code: 2, err: expect.stringContaining('say which plugin') });
    expect(await ossia('plugin', 'test', folder, '--only', 'user_dell')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean user_del?'),
    });
    expect(await ossia('plugin', 'test', folder, '--only', 'user_del/thre')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean there?'),
    });
    expect(await ossia('plugin', 'test', `${folder}-no`)).toMatchObject({ code: 1 });
  },
  longest,
);

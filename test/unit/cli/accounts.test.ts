// `ossia accounts` and `ossia plan` against the real API: what a support agent sees, and exit codes that a script can use.
import { expect, test } from 'vitest';
import type { Outcome } from '#core/model/outcome.ts';
import type { KnownAccount } from '#core/store/store.ts';
import { until } from '#test/support/until.ts';
import { runningApi } from '../api/running-api.ts';
import { ossia, startOssia } from './ossia.ts';

const evil = 'злой\u001b[31m\nлогин\u202e';

const steersTerminal = (text: string): boolean => text.includes('\u001b') || text.includes('\u202e');

function account(userId: string, more: Partial<KnownAccount> = {}): KnownAccount {
  const variables = {
    user_id: userId,
    login: 'алиса',
    ip: '10.1.2.3',
    psw: 'hush-hush',
    nas_ip: '10.0.0.1',
    ...more.variables,
  };
  const desired = { exists: 'true', accept: 'false', 'service:тв': 'on' };
  const applied = {
    exists: { value: 'true', at: 1_000, job: '1' },
    accept: { failed: { state: 'dead', reason: evil, job: '2', at: 2_000 } },
  };
  return { userId, nasKey: '10.0.0.1', version: 3, goneAt: 0, updatedAt: 1_000, desired, applied, ...more, variables };
}

async function scene() {
  const { world, socket, api } = await runningApi();
  world.records.set('1001', account('1001'));
  world.records.set('1002', account('1002', { variables: { login: evil, ip: '10.1.2.4' }, applied: {}, desired: {} }));
  const answer = (outcome: Outcome, value: unknown = null) => {
    world.box.run = async ({ dryRun, hook }) => ({
      outcome,
      exchanges: [{ at: 1, kind: dryRun ? 'recorded' : 'received', via: 'ssh', text: `${hook}\nвторая ${evil}` }],
      value,
      stack: '',
      program: 'p',
    });
  };
  const run = (...words: string[]) => ossia([...words, '--socket', socket], { env: { TZ: 'UTC' } });
  return { world, socket, api, run, answer };
}

test('the list has what differs, and nothing in it steers the terminal', async () => {
  const { run } = await scene();
  const { code, out } = await run('accounts');
  expect(code).toBe(0);
  expect(out.split('\n')[0]).toMatch(/^ACCOUNT {2}LOGIN +ADDRESS +NAS +ACCESS +TOLD +DIFFERS$/);
  expect(out).toMatch(/^1001 +алиса +10\.1\.2\.3 +bras-1 +redirected +1970-01-01 00:00:01 +accept service:тв$/m);
  expect(out).toMatch(/^1002 .* unknown +/m);
  expect(steersTerminal(out)).toBe(false);
  const first = await run('accounts', '--limit', '1');
  expect(first.err).toBe('there are more; go on with --cursor 1001\n');
  expect(await run('accounts', '--login', 'никто')).toMatchObject({ code: 0, out: '', err: 'no such accounts\n' });
});

test('show has the sides beside each other, marks what differs, and exits 3 when something does', async () => {
  const { run, world } = await scene();
  world.book.put({ userId: '1001', userName: evil, framedIp: '10.1.2.3', nas: 'bras-1' });
  const { code, out } = await run('accounts', 'show', '1001');
  expect(code).toBe(3);
  expect(out).toContain('  access     redirected: blocked by the administrator\n');
  expect(out).toMatch(/^ {2}box +bras-1 \(10\.0\.0\.1\), does not answer; next try 2026-11-21 20:00:00$/m);
  expect(out).toMatch(/^ {3}exists +yes +yes +1970-01-01 00:00:01$/m);
  expect(out).toMatch(/^! {2}accept +no +- +job 2 dead: злой\\u001b\[31m\\nлогин\\u202e$/m);
  expect(out).toMatch(/^! {2}service:тв +on +-$/m);
  expect(out).toMatch(/^online {2}злой\\u001b.* 10\.1\.2\.3 \S+ on bras-1 since /m);
  expect(steersTerminal(out) || out.includes('hush')).toBe(false);
  const json = await run('accounts', 'show', 'алиса', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ user_id: '1001', differing: ['accept', 'service:тв'] });
});

test('show tells what the plugin of the box has no hook for apart from what differs', async () => {
  const { run, world } = await scene();
  const reason = 'unsupported: The plugin old has no hook usluga_activated.';
  const failed = { state: 'unsupported', reason, job: '5', at: 2_000 };
  const desired = { exists: 'true', 'service:тв': 'on' };
  const applied = { exists: { value: 'true', at: 1_000, job: '1' }, 'service:тв': { failed } };
  world.records.set('1001', account('1001', { desired, applied }));
  const { code, out } = await run('accounts', 'show', '1001');
  expect(code).toBe(0);
  expect(out).toMatch(/^~ {2}service:тв +on +- +job 5 unsupported: The plugin old has no hook usluga_activated\.$/m);
  expect(out).toContain('All else was made as it should be. The plugin of this box has no hook for: service:тв.\n');
  expect((await run('accounts')).out).not.toMatch(/^1001 .*service/m);
  const json = await run('accounts', 'show', '1001', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ differing: [], unsupported: ['service:тв'] });
});

test('show says of an account that nothing was told about just that, and of nobody where else to look', async () => {
  const { run, world } = await scene();
  const bare = await run('accounts', 'show', '1002');
  expect(bare).toMatchObject({ code: 0, out: expect.stringContaining('Nothing was told about what it should have') });
  world.book.put({ userName: 'чужой' });
  expect(await run('accounts', 'show', 'чужой')).toMatchObject({
    code: 1,
    err: expect.stringContaining('1 live session has that login: ossia sessions --login чужой'),
  });
  const several = await run('accounts', 'show', '10.0.0.5', '--by', 'login');
  expect(several).toMatchObject({ code: 1, err: 'ossia accounts: There is no account with login "10.0.0.5".\n' });
});

test('show --watch prints again when something changed, and ends with the daemon', async () => {
  const { world, socket, api } = await scene();
  const watching = startOssia(['accounts', 'show', '1001', '--watch', '--socket', socket]);
  await until(() => watching.out().includes('blocked by the administrator'));
  world.records.set('1001', account('1001', { desired: { exists: 'true' }, applied: { exists: { value: 'true' } } }));
  await until(() => watching.out().includes('All was made as it should be.'));
  await api.close(0);
  expect((await watching.ended).code).toBe(75);
});

test.each<[Outcome, unknown, number, RegExp]>([
  [
    { type: 'done' },
    { mac: 'aa', note: evil },
    0,
    /^алиса \(1001\): bras-1 answered user_get_mac in \d+ ms\n {2}mac +aa\n {2}note {2}злой\\u001b/,
  ],
  [{ type: 'done' }, null, 0, /answered user_get_mac in \d+ ms\n {2}no report\n$/],
  [{ type: 'gone', reason: 'нет такого' }, null, 0, /bras-1 has nothing of this account: нет такого\n/],
  [
    { type: 'refused', reason: 'нельзя', code: 'nas_refused' },
    null,
    1,
    /bras-1 said no: нельзя\n {2}heard {2}ssh +user_get_mac\n +вторая/,
  ],
  [{ type: 'unsupported', reason: 'no hook' }, null, 1, /bras-1 cannot be asked this: no hook/],
  [{ type: 'retry', reason: 'silence', code: 'nas_timeout' }, null, 75, /bras-1 does not answer: silence/],
])('a box that answers %j %j makes exit %i', async (outcome, report, code, text) => {
  const { run, answer } = await scene();
  answer(outcome, report);
  const asked = await run('accounts', 'mac', '1001');
  expect(asked.code).toBe(code);
  expect(asked.out).toMatch(text);
  expect(steersTerminal(asked.out)).toBe(false);
});

test.each<[Outcome, number, string]>([
  [{ type: 'done' }, 0, 'user_drop on bras-1 would be done'],
  [{ type: 'gone', reason: 'нет такого' }, 0, 'user_drop on bras-1 has nothing to do: нет такого'],
  [{ type: 'refused', reason: 'нельзя', code: 'nas_refused' }, 1, 'user_drop on bras-1 would be refused: нельзя'],
  [{ type: 'unsupported', reason: 'no' }, 1, 'user_drop on bras-1 is not supported: no'],
  [{ type: 'retry', reason: 'silence', code: 'nas_timeout' }, 75, 'could not be planned to its end: silence'],
])('a plan that ends %j makes exit %i', async (outcome, code, text) => {
  const { run, answer, world } = await scene();
  answer(outcome);
  const planned = await run('plan', 'user_drop', '--user_id', '1001');
  expect([planned.code, planned.out]).toEqual([code, expect.stringContaining(text)]);
  expect(planned.out).toContain('  WOULD  ssh       user_drop\n                   вторая злой\\u001b');
  expect(planned.out).toContain('Nothing was changed, and nothing is kept.');
  expect(world.jobs).toEqual([]);
});

test('what is asked wrongly is said before anything is asked', async () => {
  const { run } = await scene();
  const wrong = async (...words: string[]) => {
    const { code, err } = await run(...words);
    return [code, err];
  };
  expect(await wrong('accounts', 'info')).toEqual([2, expect.stringContaining('say which account')]);
  expect(await wrong('accounts', 'infos', 'x')).toEqual([2, expect.stringContaining('did you mean info?')]);
  expect(await wrong('accounts', 'info', 'x', '--actual')).toEqual([
    2,
    expect.stringContaining('--actual does not go with'),
  ]);
  expect(await wrong('accounts', 'show', 'x', '--login', 'y')).toEqual([
    2,
    expect.stringContaining('--login does not go'),
  ]);
  expect(await wrong('plan')).toEqual([2, expect.stringContaining('say which hook')]);
  expect(await wrong('plan', 'user_drop')).toEqual([2, expect.stringContaining('say of which account')]);
  expect(await wrong('plan', 'user_drop', '--login', 'a', 'ip')).toEqual([
    2,
    expect.stringContaining('"ip" is no variable'),
  ]);
});

// An account as it is shown, over the real store, queue and dispatcher: what failed and still counts, what waits, what the box said.
import { expect, onTestFinished, test } from 'vitest';
import { createAccounts } from '#core/accounts/open-accounts.ts';
import { openIngest } from '#core/ingest/open-ingest.ts';
import type { Account } from '#core/model/account.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { createTurns } from '#core/model/turns.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { accountAt, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { until } from '#test/support/until.ts';

const refusal: Outcome = { type: 'refused', reason: 'нет места в таблице', code: 'nas_refused' };
const unsupported: Outcome = { type: 'unsupported', reason: 'no such hook here' };
const done: Outcome = { type: 'done' };

async function scene() {
  const directory = scriptedDirectory();
  let answers: Record<string, Outcome> = {};
  for (const [name, ip] of [
    ['bras-1', '10.0.0.1'],
    ['bras-2', '10.0.0.2'],
  ] as const)
    directory.add(name, ip, async ({ hook }) => answers[hook] ?? done);
  const stage = await startStage(directory);
  onTestFinished(() => stage.stop());
  const { store, queue } = stage;
  const clock = Date.now;
  const ingest = openIngest({ catalogue, queue, record: store.record, turns: createTurns(), clock, onEvent: () => {} });
  const nowhere = () => Promise.reject(new Error('nothing is put here'));
  const taking = { put: nowhere, load: nowhere };
  const accounts = createAccounts({ store, directory, catalogue, taking, unknownIn: () => undefined, clock });
  return {
    accounts,
    queue,
    answer(next: Record<string, Outcome>) {
      answers = next;
    },
    /** Resolves when all of its jobs have ended. */
    async tell(hook: string, account: Account) {
      const [receipt] = await ingest.submit([{ hook, account }], 'http');
      if (receipt?.type !== 'accepted') throw new Error(JSON.stringify(receipt));
      const unended = { states: ['waiting', 'running', 'retrying'] as const, limit: 1 };
      await until(async () => (await store.jobs(unended)).length === 0);
      return receipt.jobs[0] ?? '';
    },
  };
}

const alice = accountAt(1001, '10.0.0.1', { login: 'алиса' });

test('a refused job is shown with its reason until something newer has settled the same', async () => {
  const { accounts, tell, answer } = await scene();
  answer({ user_drop: refusal });
  await tell('user_add', alice);
  const refused = await tell('user_drop', alice);
  const shown = await accounts.show('1001');
  expect(shown).toMatchObject({
    nas: 'bras-1',
    differences: [{ key: 'accept', desired: 'false' }],
    failed: [{ id: refused, state: 'refused', reason: refusal.reason }],
    applied: [{ nas: 'bras-1', marks: { accept: { failed: { job: refused, reason: refusal.reason } } } }],
    lastWords: { text: 'refused', job: refused },
  });
  answer({});
  await tell('user_accept', alice);
  expect(await accounts.show('1001')).toMatchObject({ differences: [], failed: [] });
});

test('of several that failed for the same only the newest is shown', async () => {
  const { accounts, tell, answer } = await scene();
  answer({ user_drop: refusal, user_accept: unsupported });
  await tell('user_drop', alice);
  await tell('user_drop', alice);
  const last = await tell('user_accept', alice);
  expect((await accounts.show('1001')).failed.map(({ id }) => id)).toEqual([last]);
});

test('what a plugin has no hook for is told apart from what differs; a hook that settles nothing may be left out', async () => {
  const { accounts, queue, tell, answer } = await scene();
  answer({ user_redirect: unsupported, user_edit: unsupported });
  const skipped = await tell('user_redirect', alice);
  await tell('user_edit', alice);
  expect(await accounts.show('1001')).toMatchObject({
    differences: [],
    unsupported: ['redirect'],
    failed: [{ id: skipped, state: 'skipped' }],
    applied: [{ marks: { redirect: { failed: { state: 'unsupported', reason: 'unsupported: no such hook here' } } } }],
  });
  const [listed] = await accounts.list({ limit: 1 });
  expect(listed).toMatchObject({ differences: [], unsupported: ['redirect'] });
  answer({});
  await queue.retry(skipped, 'ночная смена');
  await until(async () => (await accounts.show('1001')).unsupported.length === 0);
  expect(await accounts.show('1001')).toMatchObject({ differences: [], failed: [] });
});

test('what an operator left out differs, and says why', async () => {
  const { accounts, queue, tell, answer } = await scene();
  answer({ user_redirect: refusal });
  const refused = await tell('user_redirect', alice);
  await queue.skip(refused, { by: 'ночная смена', reason: 'так надо' });
  expect(await accounts.show('1001')).toMatchObject({
    differences: [{ key: 'redirect' }],
    unsupported: [],
    applied: [{ marks: { redirect: { failed: { reason: 'skipped by ночная смена: так надо' } } } }],
  });
});

test('a refused hook that settles nothing counts until it was done once more', async () => {
  const { accounts, tell, answer } = await scene();
  answer({ user_edit: refusal });
  const refused = await tell('user_edit', alice);
  expect((await accounts.show('1001')).failed.map(({ id }) => id)).toEqual([refused]);
  answer({});
  await tell('user_edit', alice);
  expect((await accounts.show('1001')).failed).toEqual([]);
});

test('what failed before the account was removed from the box counts no more', async () => {
  const { accounts, tell, answer } = await scene();
  answer({ user_drop: refusal, user_edit: refusal });
  await tell('user_add', alice);
  await tell('user_drop', alice);
  answer({});
  await tell('user_del', alice);
  expect(await accounts.show('1001')).toMatchObject({ failed: [], differences: [], access: { access: 'cut off' } });
});

test('the last words are those that were said last, also when they are to an old job that was retried', async () => {
  const { accounts, queue, tell, answer } = await scene();
  answer({ user_drop: refusal });
  const refused = await tell('user_drop', alice);
  await tell('user_redirect', alice);
  const words = async () => (await accounts.show('1001')).lastWords;
  expect(await words()).not.toMatchObject({ job: refused });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await queue.retry(refused, 'ночная смена');
  await until(async () => (await words())?.job === refused);
});

test('what is left on the box that he was moved away from is shown beside his own', async () => {
  const { accounts, tell, answer } = await scene();
  await tell('user_add', alice);
  answer({ user_del: refusal });
  const moved = { ...alice, nas_ip: '10.0.0.2' };
  await tell('user_add', moved);
  const left = await tell('user_del', alice);
  expect(await accounts.show('1001')).toMatchObject({
    nas: 'bras-2',
    differences: [],
    applied: [
      { nas: 'bras-2', marks: { exists: { value: 'true' } } },
      { nas: 'bras-1', marks: { exists: { value: 'true', failed: { job: left } } } },
    ],
    failed: [{ id: left }],
  });
  answer({});
  await tell('user_del', alice);
  expect((await accounts.show('1001')).applied.map(({ nas }) => nas)).toEqual(['bras-2']);
});

test('jobs that wait are shown in their order, those of a box without a profile too', async () => {
  const { accounts, queue } = await scene();
  const account = { ...alice, nas_ip: '10.0.0.77' };
  const hooks = ['user_add', 'usluga_activated'];
  for (const [index, hook] of hooks.entries()) {
    const given = { ...account, usluga_id: 'тв' };
    const event = { id: `e${index}`, hook, account: given, occurredAt: '', source: 'http' };
    const draft = { hook, account: given, lane: '1001@10.0.0.77', nasKey: '10.0.0.77' };
    const settled = hook === 'user_add' ? { exists: 'true' } : { 'service:тв': 'on' };
    await queue.accept(event, [draft], { type: 'tell', userId: '1001', variables: account, settled, at: 1 });
  }
  await until(async () => (await accounts.show('1001')).pending[0]?.state === 'parked');
  expect(await accounts.show('1001')).toMatchObject({
    nas: null,
    nasKey: '10.0.0.77',
    differences: [{ key: 'exists' }, { key: 'service:тв' }],
    pending: [{ hook: 'user_add' }, { hook: 'usluga_activated' }],
    lastWords: null,
  });
});

test('an account that nobody told of is not found, by whatever name', async () => {
  const { accounts } = await scene();
  for (const name of [{ user_id: '7' }, { login: 'боря' }, { ip: '2001:db8::1' }, {}])
    await expect(accounts.find(name)).rejects.toMatchObject({ code: 'not_found' });
});

test('an address is found in any spelling', async () => {
  const { accounts, tell } = await scene();
  await tell('user_add', { ...alice, ip: '2001:db8::1' });
  expect(await accounts.find({ ip: '2001:0DB8:0::0001' })).toMatchObject({ userId: '1001' });
});

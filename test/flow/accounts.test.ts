// One account in the whole daemon as the night shift sees it: as it should be, with a dead box, a paused one, one that was replaced.
import { expect, onTestFinished, test } from 'vitest';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

const account = {
  user_id: '1001',
  login: 'алиса',
  ip: '10.1.2.3',
  psw: 'пароль-17',
  auth_type: '6',
  nas_ip: '10.0.0.1',
};
const rates = { rate_in: '10240', rate_out: '20480' };

async function world() {
  const box = await startSimulator();
  let isClosed = false;
  const unplug = async () => {
    if (!isClosed) await box.close();
    isClosed = true;
  };
  onTestFinished(unplug);
  const site = createSite({ accounting: { enabled: false }, retry: { first: '100ms', max: '1s' } });
  onTestFinished(() => site.close());
  const profile = (transports: object) =>
    site.profile('bras-1', {
      plugin: 'mikrotik',
      match: { nas_ip: '10.0.0.1' },
      transports,
      limits: { deadline: '3s' },
    });
  profile(box.transports);
  const daemon = await site.start();
  const settled = () =>
    until(async () => {
      const { body } = await daemon.call('GET', '/v1/jobs?state=waiting,running,retrying');
      return (body as { jobs: unknown[] }).jobs.length === 0;
    });
  const show = (...words: string[]) => daemon.cli('accounts', 'show', ...words);
  return { box, unplug, profile, daemon, settled, show };
}

test('an account that is as it should be says so, by its login, its address and its number, and its password nowhere', async () => {
  const { daemon, settled, show } = await world();
  await daemon.fire({ hook: 'user_add', account }, { hook: 'user_rate_set', account: { ...account, ...rates } });
  await settled();
  const shown = await show('алиса');
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toMatch(/^account 1001 {2}алиса\n {2}access {5}full: exists, accepted, in balance\n/);
  expect(shown.out).toMatch(/^ {3}exists +yes +yes +\d{4}-/m);
  expect(shown.out).toMatch(/^ {3}rate +10240 in 20480 out +10240 in 20480 out +\d{4}-/m);
  expect(shown.out).toContain('All was made as it should be.');
  expect((await show('10.1.2.3')).out).toBe(shown.out);
  expect((await show('1001')).out).toBe(shown.out);
  const asked = await show('1001', '--actual');
  expect(asked.out).toMatch(/^ {3}STATE +SHOULD BE +MADE +AT +ON THE BOX/m);
  expect(asked.out).toMatch(/^ {3}exists +yes +yes +\S+ \S+ +yes$/m);
  expect(asked).toMatchObject({ code: 0, out: expect.stringContaining('The box has what it should have.') });
  const texts = [shown.out, asked.out, (await show('1001', '--json')).out, (await daemon.cli('accounts')).out];
  expect(texts.join('')).not.toContain('пароль');
  expect(texts[3]).toMatch(/^1001 +алиса +10\.1\.2\.3 +bras-1 +full +\d{4}-\S+ \S+$/m);
}, 60_000);

test('who is nowhere, an unknown word, and a box without a profile are told apart', async () => {
  const { daemon, show } = await world();
  expect(await show('боря')).toMatchObject({
    code: 1,
    err: 'ossia accounts: There is no account with the user_id or the login "боря".\n',
  });
  expect(await show('10.7.7.7')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no live session of one, with the ip "10.7.7.7"'),
  });
  expect((await daemon.cli('accounts', 'shwo', 'x')).err).toContain('did you mean show?');
  await daemon.fire({ hook: 'user_drop', account: { ...account, nas_ip: '10.0.0.77' } });
  await until(async () => (await show('1001')).out.includes('parked'));
  const shown = await show('1001');
  expect(shown).toMatchObject({
    code: 3,
    out: expect.stringContaining('10.0.0.77: no profile matches; its jobs wait'),
  });
  expect(shown.out).toMatch(/^! {2}accept +no +-$/m);
  const asked = await daemon.cli('accounts', 'info', '1001');
  expect(asked).toMatchObject({ code: 1, out: expect.stringContaining('no profile matches nas_ip "10.0.0.77"') });
}, 60_000);

test('with a dead box the account shows what waits and why; asking it says that it does not answer', async () => {
  const { daemon, unplug, show, settled } = await world();
  await daemon.fire({ hook: 'user_add', account });
  await settled();
  await unplug();
  await daemon.fire({ hook: 'user_drop', account }, { hook: 'user_redirect', account });
  await until(async () => (await show('1001')).out.includes('No connection'));
  const shown = await show('1001', '--actual');
  expect(shown.code).toBe(3);
  expect(shown.out).toMatch(/^ {2}access {5}redirected: blocked by the administrator, and out of balance$/m);
  expect(shown.out).toMatch(/^! {2}accept +no +-$/m);
  expect(shown.out).toMatch(/^waits {3}job \d+ user_drop on bras-1, \w+.*No connection/m);
  expect(shown.out).toMatch(/^waits {3}job 3 user_redirect on bras-1, waiting, behind job 2$/m);
  expect(shown.out).toContain('Not as it should be: accept, redirect; jobs are on their way.');
  expect(shown.out).toMatch(/^The box does not answer: No connection/m);
  for (const what of ['info', 'test', 'mac'])
    expect(await daemon.cli('accounts', what, 'алиса')).toMatchObject({
      code: 75,
      out: expect.stringContaining('алиса (1001): bras-1 does not answer: No connection'),
    });
}, 60_000);

test('a paused box can still be asked, at once and beside its queue', async () => {
  const { daemon, settled, show } = await world();
  await daemon.fire({ hook: 'user_add', account });
  await settled();
  const paused = await daemon.call('POST', '/v1/pause', { nas: 'bras-1', reason: 'работы' });
  expect(paused.status).toBe(200);
  await daemon.fire({ hook: 'user_drop', account });
  const info = await daemon.cli('accounts', 'info', '10.1.2.3');
  expect(info).toMatchObject({ code: 0, err: '' });
  expect(info.out).toMatch(/^алиса \(1001\): bras-1 answered user_info in \d+ ms\n {2}address +10\.1\.2\.3\n/);
  expect(info.out).toMatch(/^ {2}lists +none$/m);
  const shown = await show('1001');
  expect(shown.out).toMatch(/^ {2}box +bras-1 \(10\.0\.0\.1\), paused by socket since .*: работы$/m);
  expect(shown.out).toMatch(/^waits {3}job \d+ user_drop on bras-1, waiting$/m);
  const { body } = await daemon.call('GET', '/v1/jobs');
  expect((body as { jobs: { hook: string }[] }).jobs.map(({ hook }) => hook)).toEqual(['user_drop', 'user_add']);
}, 60_000);

test('a box that was replaced by an empty one is found out when it is asked', async () => {
  const { daemon, settled, show, profile } = await world();
  await daemon.fire(
    { hook: 'user_add', account },
    { hook: 'user_drop', account },
    { hook: 'user_rate_set', account: { ...account, ...rates } },
  );
  await settled();
  const empty = await startSimulator();
  onTestFinished(() => empty.close());
  profile(empty.transports);
  await until(async () => (await show('1001', '--actual')).code === 3);
  const shown = await show('1001', '--actual');
  expect(shown.out).toMatch(/^! {2}accept +no +no +\S+ \S+ +yes$/m);
  expect(shown.out).toMatch(/^! {2}rate +10240 in 20480 out +10240 in 20480 out +\S+ \S+ +none$/m);
  expect(shown.out).toMatch(/^ {3}exists +yes +yes +\S+ \S+ +cannot tell$/m);
  expect(shown.out).toContain('no job is on its way: ossia nas resync bras-1 puts it right');
  expect((await show('1001')).code).toBe(0);
}, 60_000);

test('a whole state is planned step by step, and taken only when it is meant', async () => {
  const { daemon, box } = await world();
  const state = { variables: account, rate: rates, accept: false };
  const before = structuredClone(box.state());
  const { status, body } = await daemon.call('PUT', '/v1/accounts/1001?dry_run=true', state);
  expect([status, body]).toMatchObject([
    200,
    {
      steps: [{ hook: 'user_add' }, { hook: 'user_rate_set' }, { hook: 'user_drop' }],
      note: expect.stringContaining('by itself'),
    },
  ]);
  expect(JSON.stringify(body)).not.toContain('пароль');
  expect(box.state()).toEqual(before);
  expect((await daemon.call('GET', '/v1/accounts/1001')).status).toBe(404);
  expect((await daemon.call('PUT', '/v1/accounts/1001', state)).status).toBe(202);
}, 60_000);

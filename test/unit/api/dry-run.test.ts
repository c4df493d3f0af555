// A dry run of acting on sessions: the hook that their box would get, and neither job nor end of a session.
import { expect, test } from 'vitest';
import { problemIn, runningApi } from './running-api.ts';

async function online() {
  const running = await runningApi();
  const { world, url } = running;
  world.box.run = async ({ hook, account, dryRun }) => ({
    outcome: { type: 'done' },
    exchanges: [
      { at: 1, kind: dryRun ? 'recorded' : 'sent', via: 'coa', text: `${hook} ${account['acct_session_id']}` },
    ],
    value: null,
    stack: '',
    program: 'p',
  });
  world.accounts.set('1001', { user_id: '1001', login: 'алиса', psw: 'hush-hush', nas_ip: '10.0.0.1' });
  const session = world.book.put({ userId: '1001', userName: 'алиса', nas: 'bras-1', nasIp: '10.0.0.1' });
  const call = async (method: string, path: string, body?: unknown) => {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(url + path, { method, ...sent });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { ...running, session, call };
}

const step = (text: string) => ({ nas: 'bras-1', outcome: 'done', exchanges: [{ kind: 'recorded', text }] });

test('every way of ending sessions can be planned, and ends none', async () => {
  const { world, session, call } = await online();
  const wanted = {
    status: 200,
    body: { dry_run: true, sessions: 1, steps: [step(`user_disconnect ${session.acctSessionId}`)] },
  };
  const body = { reason: 'переезд' };
  const answers = [
    await call('DELETE', `/v1/sessions/${session.id}?reason=x&dry_run=true`),
    await call('POST', '/v1/sessions/disconnect?dry_run=true', { ...body, all: true }),
    await call('POST', '/v1/sessions/disconnect?dry_run=true', { ...body, account: '1001' }),
    await call('POST', '/v1/accounts/1001/sessions/clear?dry_run=true', body),
  ];
  for (const answer of answers) expect(answer).toMatchObject(wanted);
  expect(JSON.stringify(answers)).not.toContain('hush-hush');
  expect(world.jobs).toEqual([]);
  expect((await world.book.get(session.id))?.endedAt).toBe(0);
});

test('altering is planned with the hook and its variables; without a hook the box would be told nothing', async () => {
  const { world, session, call } = await online();
  const path = `/v1/sessions/${session.id}/alter?dry_run=true`;
  const rates = { rate_in: '10', rate_out: '20' };
  const altered = await call('POST', path, {
    hook: 'user_rate_set',
    variables: rates,
    fields: { plan: 'x' },
    reason: 'x',
  });
  expect(altered.body).toMatchObject({ steps: [{ hook: 'user_rate_set', account: { ...rates, psw: '***' } }] });
  expect((await call('POST', path, { fields: { plan: 'turbo' }, reason: 'x' })).body).toMatchObject({ steps: [] });
  expect((await world.book.get(session.id))?.plan).toBe('');
  expect((await call('POST', path, { hook: 'user_add', reason: 'x' })).status).toBe(422);
});

test('of very many the first are planned, and the answer says so', async () => {
  const { world, call } = await online();
  for (let count = 0; count < 29; count++) world.book.put({ nas: 'bras-1', nasIp: '10.0.0.1' });
  world.book.put({ nas: 'gone', nasIp: '10.0.0.77' });
  const { body } = await call('POST', '/v1/sessions/disconnect?dry_run=true', { all: true, reason: 'x' });
  expect(body).toMatchObject({ sessions: 31, note: expect.stringContaining('first 20 of 31') });
  expect((body as { steps: unknown[] }).steps).toHaveLength(20);
});

test('a dry run that is misspelled is refused, not done', async () => {
  const { session, url, world } = await online();
  const response = await fetch(`${url}/v1/sessions/${session.id}?reason=x&dry-run=true`, { method: 'DELETE' });
  expect([response.status, await problemIn(response)]).toMatchObject([422, { errors: [{ pointer: '?dry-run' }] }]);
  expect(world.jobs).toEqual([]);
});

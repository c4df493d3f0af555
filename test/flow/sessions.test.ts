// Sessions in the whole daemon: radclient sends the accounting, a simulated box takes Disconnect, and people ask over HTTP and by command.
import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { codes } from '#core/transport/radius/packet.ts';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { radclient } from '#test/support/radclient.ts';
import { createSite, type DaemonProcess, nodeBin } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

interface Result {
  readonly outcome: string;
  readonly ended: boolean;
  readonly job: string | null;
  readonly session: { readonly id: string; readonly terminate_cause: string | null };
}

interface Page {
  readonly sessions: readonly { readonly id: string; readonly login: string }[];
}

const silentLogin = 'mute';

/** A box that takes every Disconnect-Request but those of `mute`, and tells of the end as it should: with a Stop. */
async function world(settings: Readonly<Record<string, unknown>> = {}) {
  const asked: string[] = [];
  let daemon: DaemonProcess;
  const send = (status: string, session: string, login: string, more: readonly string[] = []) =>
    radclient({
      port: daemon.accountingPort,
      secret: 'accounting-secret',
      tries: 1,
      packets: [
        [
          `Acct-Status-Type = ${status}`,
          `Acct-Session-Id = "${session}"`,
          `User-Name = "${login}"`,
          'NAS-IP-Address = 10.0.0.1',
          'Framed-IP-Address = 10.1.2.3',
          'Calling-Station-Id = "AA-BB-CC-00-00-01"',
          'Acct-Interim-Interval = 300',
          ...more,
        ],
      ],
    });
  const box = await startCoaBox((packet) => {
    const [login, session] = [attributeText(packet, 1), attributeText(packet, 44)];
    asked.push(`${login} ${session}`);
    if (login === silentLogin) return false;
    if (login !== 'deaf' && packet.code === codes.disconnectRequest)
      void send('Stop', session, login, ['Acct-Terminate-Cause = Admin-Reset']);
    return true;
  });
  onTestFinished(() => box.close());
  const site = createSite({ ...settings, retry: { first: '50ms', max: '1s' } });
  onTestFinished(() => site.close());
  site.profile('bras', {
    plugin: 'generic-coa',
    match: { nas_ip: '10.0.0.1' },
    transports: {
      coa: { host: '127.0.0.1', port: box.port, secret: box.secret, timeouts: { initial: '200ms', total: '300ms' } },
    },
    radius: { secret: site.secret('acct', 'accounting-secret'), addresses: '127.0.0.1' },
    options: {
      hooks: { user_disconnect: [{ disconnect: {} }], user_rate_set: [{ coa: { 'Filter-Id': '{rate_in}' } }] },
    },
    fire_auth_on_start: false,
    fire_disconnect_on_stop: false,
  });
  daemon = await site.start();
  const find = async (query: string) => (await daemon.call('GET', `/v1/sessions?${query}`)).body as Page;
  const restart = async () => {
    await daemon.signal('SIGTERM');
    daemon = await site.start();
  };
  return { asked, site, send, find, restart, daemon: () => daemon };
}

test('a session is found, ended on its box also after a restart of the daemon, and the Stop is seen', async () => {
  const { send, find, restart, daemon, asked } = await world();
  await daemon().fire({ hook: 'user_edit', account: { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' } });
  expect((await send('Start', '81000001', 'алиса')).code).toBe(0);
  const [session] = (await find(`login=${encodeURIComponent('алиса')}&framed_ip=10.0.0.0/8&mac=aabb.cc00.0001`))
    .sessions;
  expect(session).toMatchObject({ login: 'алиса' });
  await restart();
  const path = `/v1/sessions/${session?.id}?reason=works&wait=10`;
  const { status, body } = await daemon().call('DELETE', path);
  expect([status, body]).toMatchObject([
    200,
    { outcome: 'ack', ended: true, session: { terminate_cause: 'Admin-Reset' } },
  ]);
  expect(asked).toContain('алиса 81000001');
  const job = (await daemon().call('GET', `/v1/jobs/${(body as Result).job}`)).body;
  expect(job).toMatchObject({ hook: 'user_disconnect', state: 'done', account: { user_id: '1001' } });
  expect(JSON.stringify(job)).toMatch(/wanted by socket: works/);
  expect((await find('')).sessions).toEqual([]);
  expect((await daemon().call('GET', '/v1/sessions/count?state=any')).body).toEqual({ count: 1 });
});

test('many are ended by a filter; the silent box and the missing Stop are told apart, and the answer comes in time', async () => {
  const { send, daemon } = await world({ sessions: { terminate_attempts: 2 } });
  for (const [index, login] of ['alice', 'bob', silentLogin, 'deaf'].entries())
    expect((await send('Start', `8100000${index}`, login)).code).toBe(0);
  const began = performance.now();
  const { status, body } = await daemon().call('POST', '/v1/sessions/disconnect', {
    filter: { nas: 'bras' },
    reason: 'move',
    wait: 4,
  });
  expect(performance.now() - began).toBeLessThan(8_000);
  const results = (body as { results: (Result & { session: { login: string } })[] }).results;
  const told = Object.fromEntries(results.map(({ session, outcome, ended }) => [session.login, [outcome, ended]]));
  expect([status, told]).toEqual([
    207,
    { alice: ['ack', true], bob: ['ack', true], mute: ['silence', false], deaf: ['ack', false] },
  ]);
  // What a stranger's session was ended by is no account of the billing.
  expect((await daemon().call('GET', '/v1/accounts/alice/sessions')).body).toMatchObject({ sessions: [] });
});

test('support asks by command, a wrong field is refused, and an activation begins with nobody online', async () => {
  const { send, daemon } = await world();
  expect((await send('Start', '81000001', 'alice')).code).toBe(0);
  const check = await daemon().cli('sessions', 'check', 'alice', '--timezone', 'UTC');
  expect([check.code, check.out]).toEqual([0, expect.stringMatching(/^alice is online since /)]);
  expect((await daemon().cli('sessions', '--logn', 'alice')).err).toContain('did you mean login');
  const wrong = await daemon().call('GET', '/v1/sessions?framed_ip=nowhere');
  expect(wrong).toMatchObject({ status: 422, body: { errors: [{ pointer: '?framed_ip' }] } });
  const nobody = await daemon().call('GET', '/v1/accounts/nowhere/sessions/analysis?by=ip');
  expect(nobody).toMatchObject({ status: 422, body: { errors: [{ pointer: '?id' }] } });
  const byMac = await daemon().call('GET', '/v1/accounts/aabb.cc00.0001/sessions/analysis?by=mac');
  expect(byMac).toMatchObject({ status: 200, body: { state: 'online', live: [{ login: 'alice' }] } });
  const cleared = await daemon().cli('sessions', 'clear', 'alice', '--reason', 'activation');
  expect([cleared.code, cleared.out]).toEqual([0, expect.stringContaining('alice has no session left')]);
  const offline = await daemon().cli('sessions', 'check', 'alice');
  expect([offline.code, offline.out]).toEqual([3, expect.stringContaining('Admin-Reset, done by us')]);
});

test('a session is altered by CoA, and then in our record as far as the settings allow', async () => {
  const { send, find, daemon, asked } = await world({ sessions: { alterable_fields: ['plan'] } });
  expect((await send('Start', '81000001', 'alice')).code).toBe(0);
  const id = (await find('login=alice')).sessions[0]?.id;
  const alter = (fields: object) =>
    daemon().call('POST', `/v1/sessions/${id}/alter`, {
      hook: 'user_rate_set',
      variables: { rate_in: '500', rate_out: '500' },
      fields,
      reason: 'x',
    });
  expect((await alter({ plan: 'turbo' })).body).toMatchObject({ outcome: 'ack', session: { plan: 'turbo' } });
  expect((await find('plan=turbo')).sessions).toHaveLength(1);
  expect((await alter({ class: '00' })).body).toMatchObject({
    outcome: 'ack',
    reason: expect.stringContaining('class is not among'),
  });
  expect(asked).toHaveLength(2);
  const path = `/v1/sessions/${id}/alter`;
  const mend = await daemon().call('POST', path, { fields: { plan: 'ночной' }, reason: 'по просьбе абонента' });
  expect(mend).toMatchObject({ status: 200, body: { outcome: 'recorded', session: { plan: 'ночной' } } });
  const only = await daemon().call('POST', path, { fields: { class: '00' }, reason: 'x' });
  expect(only).toMatchObject({ status: 422, body: { errors: [{ pointer: '/fields/class' }] } });
  const { body: audit } = await daemon().call('GET', '/v1/audit');
  const said = (audit as { entries: readonly Record<string, unknown>[] }).entries.map(({ by, detail }) => [by, detail]);
  // What was refused changed nothing, and stands nowhere.
  expect(said).toMatchObject([
    ['socket', { session: id, fields: { plan: 'ночной' }, reason: 'по просьбе абонента' }],
    ['socket', { session: id, fields: { plan: 'turbo' }, reason: 'x' }],
  ]);
});

test("CGRateS's and Interstellio's clients work against the daemon when the settings say so, and find nothing else", async () => {
  const { send, daemon, asked } = await world({ compat: { cgrates: true, interstellio: true } });
  await daemon().fire({ hook: 'user_edit', account: { user_id: 'u-1', login: 'alice', nas_ip: '10.0.0.1' } });
  expect((await send('Start', '81000001', 'alice')).code).toBe(0);
  const rpc = async (method: string, params: unknown) =>
    (
      await daemon().call('POST', '/jsonrpc', {
        jsonrpc: '2.0',
        id: 1,
        method: `SessionSv1.${method}`,
        params: [params],
      })
    ).body;
  const filters = { Filters: ['*string:~*req.Account:alice', '*ipnet:~*req.Framed-IP-Address:10.0.0.0/8'] };
  expect(await rpc('GetActiveSessions', filters)).toMatchObject({
    result: [{ OriginID: '81000001', Account: 'alice' }],
  });
  const event = { OriginID: 'cgr-1', OriginHost: '10.0.0.1', Account: 'bob', AnswerTime: new Date().toISOString() };
  expect(await rpc('InitiateSession', { Event: event })).toMatchObject({ result: { MaxUsage: -1 } });
  expect(await rpc('InitiateSession', { Event: event })).toMatchObject({ error: { message: 'EXISTS' } });
  expect(await rpc('GetActiveSessionsCount', {})).toMatchObject({ result: 2 });
  expect(await rpc('TerminateSession', { Event: { ...event, Usage: '1m30s' } })).toMatchObject({ result: 'OK' });
  expect(await rpc('SyncSessions', {})).toMatchObject({ result: 'OK' });
  const records = await daemon().call('POST', '/v1/subscriber/u-1/cdr/records', {
    start_time: new Date(Date.now() - 60_000).toISOString(),
    end_time: new Date(Date.now() + 60_000).toISOString(),
  });
  expect(records).toMatchObject({ status: 200, body: [{ username: 'alice', terminate_cause: null }] });
  expect((await daemon().call('DELETE', '/v1/disconnect/subscriber/u-1')).status).toBe(204);
  expect(asked).toEqual(['alice 81000001']);
  await until(async () => JSON.stringify(await rpc('GetActiveSessionsCount', {})).includes('"result":0'));
});

/** Node's own EventSource, as a page of a browser has it. */
function listener(url: string): { readonly events: () => readonly Heard[] } {
  const script = `const source = new EventSource(process.argv[1]);
    for (const type of ['job', 'session', 'open'])
      source.addEventListener(type, ({ data }) => console.log(JSON.stringify({ ...JSON.parse(data ?? '{}'), event: type })));`;
  const child = spawn(nodeBin, ['--experimental-eventsource', '--no-warnings', '-e', script, url]);
  onTestFinished(() => void child.kill());
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return {
    events: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

interface Heard {
  readonly event: 'job' | 'session' | 'open';
  readonly type?: string;
  readonly hook?: string;
  readonly session?: { readonly login: string; readonly plan: string };
}

test('an EventSource hears who comes, goes and what is done about it, and a new tariff stands at the live session', async () => {
  const { send, find, daemon } = await world();
  const account = { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' };
  await daemon().fire({ hook: 'user_edit', account: { ...account, tariff: 'Дом-100' } });
  const { events } = listener(`${daemon().url}/v1/stream?events=jobs,sessions&login=${encodeURIComponent('алиса')}`);
  await until(() => events().some(({ event }) => event === 'open'));

  await send('Start', '81000001', 'алиса');
  await send('Start', '81000002', 'боб');
  await send('Interim-Update', '81000001', 'алиса', ['Acct-Session-Time = 60']);
  await daemon().fire({ hook: 'user_edit', account: { ...account, tariff: 'Дом-500' } });
  const found = await find(`plan=${encodeURIComponent('Дом-500')}`);
  expect(found.sessions).toMatchObject([{ login: 'алиса', plan: 'Дом-500' }]);
  await daemon().call('DELETE', `/v1/sessions/${found.sessions[0]?.id}?reason=works&wait=10`);

  await until(() => events().some(({ type }) => type === 'stop'));
  expect(events().filter(({ event }) => event === 'session')).toMatchObject([
    { type: 'start', session: { login: 'алиса', plan: 'Дом-100' } },
    { type: 'stop', session: { login: 'алиса', plan: 'Дом-500', terminate_cause: 'Admin-Reset' } },
  ]);
  expect(events().some(({ event, hook }) => event === 'job' && hook === 'user_disconnect')).toBe(true);
});

test('an EventSource hears of a session that is given up, and of its coming back', async () => {
  const { send, daemon } = await world({ sessions: { session_ttl_max_delay: '0s' } });
  const { events } = listener(`${daemon().url}/v1/stream?events=sessions`);
  await until(() => events().some(({ event }) => event === 'open'));

  await send('Start', '81000001', 'алиса', ['Acct-Interim-Interval = 1']);
  await until(() => events().some(({ type }) => type === 'stale'));
  await send('Interim-Update', '81000001', 'алиса', ['Acct-Session-Time = 60', 'Acct-Interim-Interval = 300']);
  await until(() => events().some(({ type }) => type === 'recovered'));

  expect(events().filter(({ event }) => event === 'session')).toMatchObject([
    { type: 'start', session: { state: 'live' } },
    { type: 'stale', session: { state: 'closed', inferred: 'stale', terminate_cause: 'Inferred-Stale' } },
    { type: 'recovered', session: { state: 'live', inferred: null } },
  ]);
});

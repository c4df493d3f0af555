// The whole daemon fills a box: through kill -9 nothing is lost and nothing doubled; the command line shows the plan and its end.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeListingPlugin } from '#test/support/listing-plugin.ts';
import { createSite, type DaemonProcess, type Site } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

interface Told {
  readonly box: Awaited<ReturnType<typeof startCoaBox>>;
  /** By login: the hooks that the box took, in their order. */
  readonly told: Map<string, string[]>;
}

async function startBox(answerAfterMs = 0): Promise<Told> {
  const told = new Map<string, string[]>();
  const box = await startCoaBox((packet) => {
    const login = attributeText(packet, 1);
    told.set(login, [...(told.get(login) ?? []), attributeText(packet, 11)]);
    if (answerAfterMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, answerAfterMs);
    return true;
  });
  onTestFinished(() => box.close());
  return { box, told };
}

function siteWith(
  { box }: Told,
  { users, odd = 0, resync = {} }: { users: number; odd?: number; resync?: object },
): Site {
  const site = createSite({ plugins: 'plugins' });
  onTestFinished(() => site.close());
  writeListingPlugin(join(site.directory, 'plugins'));
  site.profile('bras-1', {
    plugin: 'listing',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
    limits: { concurrency: 8, rate: 'unlimited' },
    options: { users, odd },
    resync,
  });
  return site;
}

const stateOf = (n: number, more: object = {}) => ({
  user_id: String(n),
  variables: { login: `абонент-${n}`, ip: `10.1.${n >> 8}.${n & 255}`, nas_ip: '10.0.0.1' },
  accept: true,
  redirect: false,
  rate: { rate_in: 1000, rate_out: 2000 },
  ...more,
});

async function load(daemon: DaemonProcess, states: readonly object[]): Promise<void> {
  const answer = await fetch(`${daemon.url}/v1/accounts/import?jobs=none`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: states.map((state) => JSON.stringify(state)).join('\n'),
  });
  expect(await answer.json()).toMatchObject({ taken: states.length, rejected: 0 });
}

test('a box that lists one of many is filled through kill -9, every account once and in its order', async () => {
  const accounts = 400;
  const kills = 4;
  const world = await startBox(1);
  const site = siteWith(world, { users: 1, resync: { rate: '150/s', most_missing: 1 } });
  let daemon = await site.start();
  await load(
    daemon,
    Array.from({ length: accounts }, (_, n) => stateOf(n + 1)),
  );
  const begun = await daemon.call('POST', '/v1/nas/bras-1/resync', {});
  expect(begun).toMatchObject({ status: 202, body: { state: 'planning', nas: 'bras-1' } });
  const { id } = begun.body as { id: string };
  const run = async () =>
    (await daemon.call('GET', `/v1/resyncs/${id}?wait=true`)).body as { state: string; counts: object };
  expect(await run()).toMatchObject({ state: 'applying', counts: { same: 1, add: accounts - 1 } });
  for (let kill = 1; kill <= kills; kill++) {
    await until(() => world.told.size >= (kill * accounts) / (kills + 2), 30_000);
    await daemon.signal('SIGKILL');
    daemon = await site.start();
  }
  await until(async () => (await run()).state === 'done', 60_000);
  await until(() => world.told.size === accounts - 1, 30_000);
  const jobs = async (query: string) =>
    ((await daemon.call('GET', `/v1/jobs?limit=1000&${query}`)).body as { jobs: { state: string }[] }).jobs;
  await until(async () => (await jobs('hook=user_accept')).every(({ state }) => state === 'done'), 30_000);
  for (const hook of ['user_add', 'user_rate_set', 'user_accept']) {
    const ofHook = await jobs(`hook=${hook}`);
    expect(ofHook, hook).toHaveLength(accounts - 1);
    expect(new Set(ofHook.map(({ state }) => state))).toEqual(new Set(['done']));
  }
  for (const [login, hooks] of world.told) {
    // What ran when the daemon died ran again: at least once, and never out of order.
    const order = hooks.map((hook) => ['user_add', 'user_rate_set', 'user_accept'].indexOf(hook));
    expect(order, login).toEqual(order.toSorted());
    expect(new Set(order), login).toEqual(new Set([0, 1, 2]));
  }
  expect(world.told.has('абонент-1')).toBe(false);
  // What was made is known, and nothing waits.
  const drift = (await daemon.call('GET', '/v1/drift?max_age=0')).body as { boxes: { differing: number }[] };
  expect(drift.boxes).toMatchObject([
    { nas: 'bras-1', accounts, differing: 0, last_resync: { id, differing: accounts - 1 } },
  ]);
}, 120_000);

test('the command line shows the plan, asks, applies, and its exit code says how it ended', async () => {
  const world = await startBox();
  const site = siteWith(world, { users: 40, odd: 10, resync: { rate: 'unlimited' } });
  const daemon = await site.start();
  await load(
    daemon,
    Array.from({ length: 40 }, (_, n) => stateOf(n + 1)),
  );

  const dry = await daemon.cli('nas', 'resync', 'bras-1', '--dry-run');
  expect(dry).toMatchObject({ code: 5, err: '' });
  expect(dry.out).toContain('40 should be there, 40 listed, 36 as they should be');
  expect(dry.out).toContain('0 to add, 4 to change, 0 to remove');
  expect(dry.out).toMatch(/10 +change +accept yes \(no\)/);
  expect(world.told.size).toBe(0);

  const done = await daemon.cli('nas', 'resync', 'bras-1', '--wait');
  expect(done.out).toContain('4 handed on');
  expect(done).toMatchObject({ code: 0, err: '' });
  expect([...world.told].toSorted()).toEqual(
    ['абонент-10', 'абонент-20', 'абонент-30', 'абонент-40'].map((login) => [login, ['user_accept']]),
  );
  expect(await daemon.cli('nas', 'resync', 'bras-1', '--only', 'rate', '--wait')).toMatchObject({
    code: 0,
    out: expect.stringContaining('0 to add, 0 to change, 0 to remove'),
  });

  // Three of forty are gone: more than a run may remove.
  await load(
    daemon,
    [1, 2, 3].map((n) => stateOf(n, { exists: false })),
  );
  const asks = await daemon.cli('nas', 'resync', 'bras-1', '--json');
  expect(asks.code).toBe(6);
  const { id, reason } = JSON.parse(asks.out);
  expect(reason).toContain('3 of 40');
  const shown = await daemon.cli('nas', 'resync', 'bras-1', '--approve', id, '--dry-run');
  expect(shown).toMatchObject({ code: 6, out: expect.stringMatching(/it is only shown\.\n.*\n1 +remove +gone/) });
  expect(await daemon.cli('nas', 'resync', 'bras-2', '--approve', id)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is a resync of bras-1, not of bras-2'),
  });
  const tried = await daemon.call('POST', `/v1/resyncs/${id}/approve?dry_run=true`);
  expect(tried).toMatchObject({ status: 200, body: { state: 'asks', counts: { remove: 3 } } });
  expect(await daemon.cli('nas', 'resync', 'bras-1', '--approve', id, '--wait')).toMatchObject({ code: 0 });
  for (const n of [1, 2, 3]) expect(world.told.get(`абонент-${n}`)).toEqual(['user_del']);
  expect(await daemon.cli('nas', 'resync', 'bras-1', '--cancel', id)).toMatchObject({
    code: 1,
    err: expect.stringContaining('is done'),
  });
  const list = await daemon.cli('nas', 'resync', 'bras-1', '--list');
  expect(list.out.split('\n').filter((line) => line.includes('done'))).toHaveLength(4);

  site.profile('bras-1', {
    plugin: 'listing',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: world.box.port, secret: world.box.secret } },
    options: { users: 0 },
  });
  await until(async () => (await daemon.cli('nas', 'resync', 'bras-1')).out.includes('lists nobody'), 20_000);
  const refused = await daemon.cli('nas', 'resync', 'bras-1');
  expect(refused.code).toBe(1);
  expect(refused.out).toContain('37 should be there, 0 listed');
  expect(refused.out).toContain('new, or was replaced: ossia nas resync bras-1 --expect-empty');
  world.told.clear();
  const replaced = await daemon.cli('nas', 'resync', 'bras-1', '--expect-empty', '--wait');
  expect(replaced).toMatchObject({ code: 0, out: expect.stringContaining('37 to add, 0 to change, 0 to remove: 37') });
  await until(() => world.told.size === 37);
  expect(world.told.get('абонент-10')?.[0]).toBe('user_add');
  expect(await daemon.cli('nas', 'resync', 'bras-2')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no NAS profile'),
  });
  expect((await daemon.cli('nas', 'resync', 'bras-1', '--only', 'speed')).err).toContain('expected one of');

  // What the box was seen to have is no drift; what was imported since and not told is.
  expect(await daemon.cli('drift', '--fresh')).toMatchObject({ code: 0, out: expect.stringMatching(/bras-1 +37 +0 /) });
  await load(daemon, [stateOf(7, { redirect: true }), stateOf(50)]);
  const drift = await daemon.cli('drift', '--fresh');
  expect(drift.code).toBe(5);
  expect(drift.out).toMatch(/bras-1 +38 +2 /);
  const accounts = await daemon.cli('drift', '--nas', 'bras-1', '--accounts', '--limit', '2');
  expect(accounts.out).toMatch(/50 +абонент-50 +bras-1 +exists yes \(nothing\)/);
  expect(accounts.out).toMatch(/7 +абонент-7 +bras-1 +redirect yes \(no\)/);
  expect(String((await daemon.call('GET', '/metrics')).body)).toMatch(/ossia_drift_accounts\{nas="bras-1"\} 2\n/);
  expect(String((await daemon.call('GET', '/metrics')).body)).toMatch(
    /ossia_resyncs_total\{nas="bras-1",cause="operator",result="asks"\} 1\n/,
  );
}, 120_000);

// What no single case of the IPTV plugin shows: several reasons for one block, waiting as long as asked, and the list of all.
import { afterAll, expect, test } from 'vitest';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { pluginFolder } from '#test/support/plugin-folders.ts';

const kit = await openPluginKit({
  folder: pluginFolder('iptv-http'),
  engine: 'sandbox',
  parts: await loadParts(),
});
afterAll(() => kit.close());

const account = { user_id: '1001', login: 'алиса', email: 'a@example.net', nas_ip: '10.0.0.1', usluga_id: '17' };
const options = { packages: { 17: 'basic', 18: ['sport', 'kino'] } };
const one = { login: 'алиса', blocked: false, packages: [] };

interface Held {
  readonly accounts: Readonly<Record<string, { readonly blocked: boolean; readonly packages: readonly string[] }>>;
}

test('an account is free again when the last reason for its block is gone, not before', async () => {
  const box = await kit.openBox({ state: { accounts: { 1001: one } }, options });
  const isBlocked = () => (box.state() as Held).accounts['1001']?.blocked;
  try {
    for (const [hook, blocked] of [
      ['user_drop', true],
      ['user_redirect', true],
      ['user_redirect_cancel', true],
      ['user_accept', false],
    ] as const) {
      await box.run(hook, account);
      expect([hook, isBlocked()]).toEqual([hook, blocked]);
    }
  } finally {
    await box.close();
  }
});

test('a reason told before there is an account blocks it when it is made, and user_del forgets it', async () => {
  const box = await kit.openBox({ state: { accounts: {} }, options });
  try {
    expect((await box.run('user_redirect', account)).outcome.type).toBe('gone');
    expect((await box.run('usluga_activated', account)).outcome.type).toBe('done');
    expect((box.state() as Held).accounts['1001']).toMatchObject({ blocked: true, packages: ['basic'] });
    await box.run('user_del', account);
    await box.run('usluga_activated', account);
    expect((box.state() as Held).accounts['1001']).toMatchObject({ blocked: false, packages: ['basic'] });
  } finally {
    await box.close();
  }
});

test('an account that was made and not blocked any more, since the middleware went away, is blocked by the next attempt', async () => {
  const box = await kit.openBox({ state: { accounts: { 1001: one } }, options });
  try {
    // The simulator forgets the block, as one does that was never told.
    await box.run('user_redirect', account);
    box.simulator.reset?.();
    expect((box.state() as Held).accounts['1001']?.blocked).toBe(false);
    expect((await box.run('usluga_activated', account, { attempt: 2 })).outcome.type).toBe('done');
    expect((box.state() as Held).accounts['1001']).toMatchObject({ blocked: true, packages: ['basic'] });
  } finally {
    await box.close();
  }
});

test('an account that was not asked for is not taken for the one that was', async () => {
  const requests = { find: { method: 'GET', path: ['accounts'], query: { page: '1', per_page: '1' } } };
  const box = await kit.openBox({
    state: { accounts: { 10011: { ...one, packages: ['basic'] } } },
    options: { ...options, requests, fields: { root: 'items.0' } },
  });
  try {
    expect((await box.run('usluga_activated', account)).outcome).toMatchObject({ type: 'refused' });
    expect((await box.run('usluga_deactivated', account)).outcome).toMatchObject({ type: 'refused' });
  } finally {
    await box.close();
  }
});

test('a package of two services is refused: the first to end would take it from the other', async () => {
  const packages = { 17: 'basic', 18: ['basic', 'sport'] };
  await expect(kit.openBox({ state: {}, options: { packages } })).rejects.toThrow('basic belongs to two services');
});

test('a middleware that asks to wait is asked again after as long', async () => {
  const troubles = { status: 429, times: 1, retry_after: 7 };
  const box = await kit.openBox({ state: { accounts: { 1001: one }, troubles }, options });
  try {
    const first = await box.run('usluga_activated', account);
    expect(first.outcome).toMatchObject({ type: 'retry', afterMs: 7000 });
    expect((await box.run('usluga_activated', account, { attempt: 2 })).outcome.type).toBe('done');
  } finally {
    await box.close();
  }
});

test('the list of all names services and why each is blocked; what nobody knows the reason of counts as the administrator', async () => {
  const accounts = {
    1001: { ...one, packages: ['basic', 'sport'] },
    1002: one,
    1003: { ...one, blocked: true, packages: ['sport', 'kino'] },
  };
  const box = await kit.openBox({
    state: { accounts, most_per_page: 2 },
    options: { ...options, paging: { page_size: 2 } },
  });
  try {
    await box.run('user_redirect', { ...account, user_id: '1002' });
    const users: unknown[] = [];
    const listing = await box.nas.listUsers({
      signal: new AbortController().signal,
      onUsers: (page) => void users.push(...page),
    });
    expect(listing).toMatchObject({ type: 'listed', kinds: [{ kind: {}, unlisted: { services: [] } }] });
    const free = { accept: true, redirect: false, own_disabled: false };
    expect(users).toMatchObject([
      { user_id: '1001', ...free, services: ['17'] },
      { user_id: '1002', accept: true, redirect: true, own_disabled: false, services: [] },
      { user_id: '1003', accept: false, redirect: false, own_disabled: false, services: ['18'] },
    ]);
  } finally {
    await box.close();
  }
});

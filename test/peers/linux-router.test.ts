// The linux plugin against a real Linux router: a real client's ping, pages and throughput change as hooks run.
import { describe, expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { BoxUser } from '#core/plugin-sdk/index.ts';
import { places } from '#test/support/linux-router.ts';
import { alice, linuxScene, options } from '#test/support/linux-scene.ts';
import { until } from '#test/support/until.ts';

const scene = linuxScene();
const { fire, fireAll, pings, page, throughput, transfer, held } = scene;

describe('access', () => {
  test('a ping passes only when the account is there, not blocked, paid for and logged in', async () => {
    expect(await pings()).toBe(true);
    await fire('user_add', { ...alice, user_id: '9', ip: places.neighbour });
    expect(await pings()).toBe(false);
    await fire('user_add');
    expect(await pings()).toBe(false);
    await fireAll('user_accept', 'user_auth');
    expect(await pings()).toBe(true);
    for (const [off, on] of [
      ['user_drop', 'user_accept'],
      ['user_redirect', 'user_redirect_cancel'],
      ['own_disabled', 'own_disabled_cancel'],
      ['user_disconnect', 'user_auth'],
    ] as const) {
      await fire(off);
      expect([off, await pings()]).toEqual([off, false]);
      await fire(on);
      expect([on, await pings()]).toEqual([on, true]);
    }
    expect(await pings(places.neighbour)).toBe(false);
    await fire('user_del');
    expect(await pings()).toBe(false);
  });

  test('an account that is authorised by its address needs no login', async () => {
    await fire('user_add', { ...alice, auth_type: '1' });
    expect(await pings()).toBe(true);
  });

  test('without require_login nobody needs one', async () => {
    await fire('user_add', alice, { ...options, require_login: false });
    expect(await pings()).toBe(true);
  });

  test('who is blocked or out of balance sees the page for that, and is refused at once elsewhere', async () => {
    await fireAll('user_add', 'user_auth');
    expect(await page()).toBe('the internet');
    await fire('user_redirect');
    expect(await page()).toBe('Пополните баланс');
    await fire('user_drop');
    expect(await page()).toBe('Вы заблокированы');
    expect(await page(`${places.web}:81`)).toBe('refused');
    expect(await page(places.allowed)).toBe('the payment page');
    await fireAll('user_accept', 'user_redirect_cancel');
    expect(await page()).toBe('the internet');
    await fire('user_del');
    expect(await page()).toBe('silence');
  });

  test('a transfer that runs stops when the account is blocked', async () => {
    await fireAll('user_add', 'user_auth');
    const begun = Date.now();
    const sentNow = async () =>
      Number(/bytes (\d+)/.exec((await scene.box().router('nft', 'list', 'counters')).stdout)?.[1]);
    await scene
      .box()
      .router(
        'nft',
        'add table inet probe; add counter inet probe seen; add chain inet probe f { type filter hook forward priority 9; }; add rule inet probe f counter name seen',
      );
    const running = transfer({ seconds: 15, from: places.subscriber });
    await until(async () => (await sentNow()) > 1_000_000, 5_000, 20);
    await fire('user_drop');
    const { stdout } = await running;
    expect(stdout).toContain('error');
    expect(Date.now() - begun).toBeLessThan(12_000);
  });

  test('IPv6 is left alone, and controlled with the option', async () => {
    const six = { ...alice, ip: places.subscriber6 };
    await fire('user_add');
    expect(await pings(places.subscriber6, places.web6)).toBe(true);
    await expect(fire('user_add', six)).rejects.toMatchObject({ verdict: 'refuse' });
    const both = { ...options, ipv6: true, pools: ['10.77.0.0/17', 'fd77::/112'] };
    await fire('user_add', alice, both);
    expect(await pings(places.subscriber6, places.web6)).toBe(false);
    await fire('user_add', six, both);
    await fire('user_auth', six, both);
    expect(await pings(places.subscriber6, places.web6)).toBe(true);
    await fire('user_drop', six, both);
    expect(await pings(places.subscriber6, places.web6)).toBe(false);
    await fire('user_rate_set', { ...six, rate_in: '100', rate_out: '100' }, both);
    expect(await fire('user_info', six, both)).toMatchObject({ ip: 'fd77::10', accept: false, exists: true });
  });
});

describe('speed', () => {
  const faster: Account = { ...alice, rate_in: '8000', rate_out: '16000' };

  test('throughput follows user_rate_set in each direction, and only that of the account', async () => {
    await fireAll('user_add', 'user_auth');
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour, auth_type: '1' });
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '4000' });
    const slow = { up: await throughput('upload'), down: await throughput('download') };
    await fire('user_rate_set', faster);
    const fast = { up: await throughput('upload'), down: await throughput('download') };
    const other = await throughput('download', places.neighbour);
    await fire('user_rate_set_cancel');
    const free = await throughput('download');
    console.info('Mbit/s', { slow, fast, other, free });
    expect(slow.up).toBeGreaterThan(1.6);
    expect(slow.up).toBeLessThan(2.3);
    expect(slow.down).toBeGreaterThan(3.2);
    expect(slow.down).toBeLessThan(4.4);
    expect(fast.up).toBeGreaterThan(6.8);
    expect(fast.up).toBeLessThan(8.5);
    expect(fast.down).toBeGreaterThan(13.5);
    expect(fast.down).toBeLessThan(16.8);
    expect(other).toBeGreaterThan(50);
    expect(free).toBeGreaterThan(50);
  });

  test('a ceiling above the rate is borrowed, and a rate of 0 is no limit', async () => {
    await fireAll('user_add', 'user_auth');
    await fire('user_rate_set', { ...alice, rate_in: '0', rate_out: '1000', ceil_out: '6000' });
    const down = await throughput('download');
    expect(down).toBeGreaterThan(4.8);
    expect(down).toBeLessThan(6.5);
    expect(await throughput('upload')).toBeGreaterThan(50);
  });
});

describe('nat', () => {
  const [one, other] = places.snatips;
  const seenAs = (from?: string) => page(`${places.web}:${places.whoPort}`, from);

  test('the internet sees the address of the account, and sees his own when there is none', async () => {
    await fire('user_add', { ...alice, snatip: one });
    await fire('user_auth');
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour, auth_type: '1' });
    expect([await seenAs(), await seenAs(places.neighbour)]).toEqual([one, places.neighbour]);
    expect(await fire('user_info')).toMatchObject({ user: { snatip: one } });
    expect(await fire('users_from_nas')).toMatchObject([{ snatip: one }, { snatip: null }]);
    await fire('user_add');
    expect(await seenAs()).toBe(places.subscriber);
    expect(await fire('user_info')).toMatchObject({ user: { snatip: null } });
  });

  test('another address is for what begins from now on, and cuts nothing that runs', async () => {
    await fire('user_add', { ...alice, snatip: one });
    await fire('user_auth');
    const running = transfer({ seconds: 3, from: places.subscriber });
    await until(async () => (await scene.box().server('ss', '-tnH')).stdout.includes(one), 5_000, 20);
    await fire('user_add', { ...alice, snatip: other });
    expect(await seenAs()).toBe(other);
    const { code, stdout } = await running;
    expect([code, stdout.includes('error')]).toEqual([0, false]);
  });

  test('a portal sees who is sent there', async () => {
    const profile = { ...options, portals: { blocked: `${places.portal}:${places.whoPort}` } };
    for (const hook of ['user_add', 'user_auth', 'user_drop']) await fire(hook, { ...alice, snatip: one }, profile);
    expect(await page()).toBe(places.subscriber);
  });
});

describe('repeating', () => {
  test('each hook run twice leaves what it left the first time', async () => {
    await fireAll('user_add', 'user_auth');
    const account = { ...alice, rate_in: '2000', rate_out: '4000', snatip: places.snatips[0] };
    const hooks = [
      ...[
        'user_add',
        'user_accept',
        'user_auth',
        'user_rate_set',
        'user_edit',
        'own_disabled',
        'user_redirect',
        'user_drop',
      ],
      ...['user_disconnect', 'user_rate_set_cancel', 'own_disabled_cancel', 'user_redirect_cancel', 'user_del'],
    ];
    for (const hook of hooks) {
      await fire(hook, account);
      const once = await held();
      await fire(hook, account);
      expect(await held(), hook).toBe(once);
    }
  });

  test('user_del removes every trace, whatever was there', async () => {
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour });
    const before = await held();
    await fireAll('user_add', 'user_auth', 'user_drop', 'user_redirect', 'own_disabled');
    await fire('user_add', { ...alice, snatip: places.snatips[0] });
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '4000' });
    expect(await held()).not.toBe(before);
    await fire('user_del');
    expect((await held()).replace(/class htb 1:ffff .*\n/g, '')).toBe(before.replace(/class htb 1:ffff .*\n/g, ''));
  });

  test('user_del spares an address that another account has meanwhile', async () => {
    await fire('user_add');
    await fire('user_add', { ...alice, user_id: 'Боб' });
    await expect(fire('user_del')).rejects.toMatchObject({ verdict: 'gone', message: expect.stringContaining('Боб') });
    expect(await fire('users_from_nas')).toMatchObject([{ ip: alice['ip'], user_id: 'Боб' }]);
  });

  test('a router that lost everything, or has the rules of other options, is set up again by the next hook', async () => {
    await fireAll('user_add', 'user_auth');
    await fire('user_add', { ...alice, user_id: '2', ip: places.neighbour }, { ...options, require_login: false });
    expect([await pings(), await pings(places.neighbour)]).toEqual([true, true]);
    await fire('user_edit');
    await fire('user_auth');
    expect([await pings(), await pings(places.neighbour)]).toEqual([true, false]);
    await scene.box().router('nft', 'flush', 'ruleset');
    await fireAll('user_add', 'user_auth');
    expect([await pings(), await pings(places.neighbour)]).toEqual([true, false]);
  });

  test('a router that is set up takes one command per hook', async () => {
    await fire('user_add');
    const sent = () => scene.connected().exchanges.filter(({ kind }) => kind === 'sent').length;
    const before = sent();
    await fireAll('user_auth', 'user_drop', 'user_accept');
    await fire('user_rate_set', { ...alice, rate_in: '2000', rate_out: '4000' });
    await fire('user_rate_set_cancel');
    expect(sent() - before).toBe(5);
  });

  test('many accounts at once on a fresh router all get what they should', async () => {
    const accounts = Array.from({ length: 24 }, (_, index) => ({
      ...alice,
      user_id: String(index),
      ip: `10.77.1.${index + 1}`,
      rate_in: '1000',
      rate_out: String(1000 + index),
    }));
    // One account's hooks come one after the other, those of different accounts at once: as lanes have it.
    const life = async (account: Account) => {
      await fire('user_add', account);
      await fire('user_rate_set', account);
    };
    await Promise.all(accounts.map(life));
    const users = (await fire('users_from_nas')) as BoxUser[];
    expect(users).toHaveLength(24);
    expect(users.map(({ rate }) => rate?.rate_out).sort()).toEqual(accounts.map(({ rate_out }) => Number(rate_out)));
  });
});

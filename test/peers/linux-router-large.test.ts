// A real router with sixty thousand subscribers is listed whole, through OpenSSH and the real nft and tc.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BoxUser } from '#core/plugin-sdk/index.ts';
import { allRows } from '#test/support/all-rows.ts';
import { linuxScene, options } from '#test/support/linux-scene.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import linux from '../../plugins/linux/plugin.ts';
import { rulesetScript } from '../../plugins/linux/ruleset.ts';

const count = 60_000;
const profile = { ...options, pools: ['10.77.0.0/16'] };
const scene = linuxScene();
const addressOf = (at: number) => `10.77.${at >> 8}.${at & 255}`;

/** Many share one, and more have one to themselves. */
const snatipOf = (at: number) => (at % 8 === 0 ? '203.0.113.5' : `100.64.${at >> 8}.${at & 255}`);

/** Ten thousand elements in a statement. */
function elements(set: string, every: number, of: (at: number) => string): string {
  const all = Array.from({ length: count }, (_, at) => at + 1).filter((at) => at % every === 0);
  const statements: string[] = [];
  for (let at = 0; at < all.length; at += 10_000)
    statements.push(
      `add element inet ossia ${set} { ${all
        .slice(at, at + 10_000)
        .map(of)
        .join(', ')} }`,
    );
  return statements.join('\n');
}

test('sixty thousand subscribers with their flags, six thousand with a speed', async () => {
  const box = scene.box();
  const file = join(tempDir(), 'router.nft');
  const sets = [
    rulesetScript(profile),
    elements('users', 1, (at) => `${addressOf(at)} comment "%D0%B0${at}"`),
    elements('online', 1, addressOf),
    elements('no_balance', 10, addressOf),
    elements('snatips', 2, (at) => `${addressOf(at)} : ${snatipOf(at)}`),
    elements('classes', 10, (at) => `${addressOf(at)} : 1:${at.toString(16)}`),
  ];
  await writeFile(file, sets.join('\n'));
  expect(await box.router('nft', '-f', file)).toMatchObject({ code: 0 });
  const classes = ['lan', 'wan'].map((name) => [
    `qdisc add dev ${name} root handle 1: htb default 0`,
    `class add dev ${name} parent 1: classid 1:ffff htb rate 10gbit quantum 15140`,
    ...Array.from({ length: count / 10 }, (_, at) => (at + 1) * 10).map(
      (at) =>
        `class add dev ${name} parent 1:ffff classid 1:${at.toString(16)} htb rate ${(at % 100) + 1}mbit quantum 15140`,
    ),
  ]);
  for (const lines of classes) {
    await writeFile(`${file}.tc`, lines.join('\n'));
    expect(await box.router('tc', '-batch', `${file}.tc`)).toMatchObject({ code: 0 });
  }

  const input = { account: {}, options: profile, hook: 'users_from_nas', attempt: 1, token: 't', dryRun: false };
  const around = { deadline: Date.now() + 60_000, log: () => undefined };
  const { rows, parts } = await allRows(
    linux.hooks['users_from_nas']?.({ ...input, ...around }, scene.connected().device),
  );

  const users = new Map((rows as BoxUser[]).map((user) => [user.ip, user]));
  expect([rows.length, users.size]).toEqual([count, count]);
  expect(Math.max(...parts)).toBeLessThanOrEqual(2000);
  const wrong = Array.from({ length: count }, (_, at) => at + 1).filter((at) => {
    const user = users.get(addressOf(at));
    const rate = at % 10 === 0 ? ((at % 100) + 1) * 1000 : undefined;
    const isRight = user?.user_id === `а${at}` && user.logged === true && user.redirect === (at % 10 === 0);
    if (user?.snatip !== (at % 2 === 0 ? snatipOf(at) : null)) return true;
    return !isRight || user.rate?.rate_in !== rate || user.rate?.rate_out !== rate;
  });
  expect(wrong).toEqual([]);
}, 90_000);

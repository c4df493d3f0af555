// What becomes of a plugin that is worse than the one before, or that breaks its walls, as an operator sees it; with the real daemon.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite, runCli } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

interface JobView {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly journal: readonly { readonly kind: string; readonly via: string; readonly text: string }[];
}

async function world() {
  const seen: string[] = [];
  const box = await startCoaBox((packet) => {
    seen.push(attributeText(packet, 11));
    return true;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins' });
  onTestFinished(() => site.close());
  writeProbePlugin(join(site.directory, 'plugins'));
  const profile = (more: object = {}) => ({
    plugin: 'probe',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
    limits: { rate: 'unlimited' },
    ...more,
  });
  site.profile('box', profile());
  const daemon = await site.start();
  const config = join(site.directory, 'ossia.yaml');
  const event = (step: number) => ({
    hook: 'user_edit',
    account: { user_id: String(step % 7), login: 'логин', nas_ip: '10.0.0.1', step: String(step) },
  });
  const plugin = join(site.directory, 'plugins/probe/plugin.ts');
  const good = readFileSync(plugin, 'utf8');
  /** Fails for those that fail in a version: `throws` is a statement of TypeScript. */
  const save = (throws: string) => writeFileSync(plugin, good.replace('await device', `${throws}\n  await device`));
  return { seen, site, daemon, config, profile, event, good, save, plugin };
}

type World = Awaited<ReturnType<typeof world>>;
const jobsIn = async ({ daemon }: Pick<World, 'daemon'>, states: string) =>
  ((await daemon.call('GET', `/v1/jobs?limit=1000&${states}`)).body as { jobs: JobView[] }).jobs;
const nasOf = async ({ daemon }: Pick<World, 'daemon'>) =>
  (await daemon.call('GET', '/v1/nas/box')).body as {
    problem: string;
    plugin: { hash: string };
    trial: { runs: number } | null;
    quarantine: { reason: string } | null;
  };

test('a version whose first jobs fail is taken back under load: every job is done once, and the reason stands everywhere', {
  timeout: 120_000,
}, async () => {
  const given = await world();
  const { seen, daemon, event, save } = given;
  const first = (await nasOf(given)).plugin.hash;
  let step = 0;
  for (; step < 30; step++) await daemon.fire(event(step));
  save("if (account['step']) throw new Error('опечатка');");
  await until(async () => (await nasOf(given)).plugin.hash !== first);
  const worse = (await nasOf(given)).plugin.hash;
  const answers = [];
  for (; step < 90; step++) answers.push(await daemon.fire(event(step)));

  const { problem } = await until(async () => {
    const nas = await nasOf(given);
    return nas.plugin.hash === first && nas;
  });
  await until(async () => (await jobsIn(given, 'state=done')).length === step, 30_000);
  expect([...seen].map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: step }, (_, index) => index));
  const bad = `probe@1.0.0#${worse.slice(0, 8)}`;
  expect(problem).toContain(`plugin: ${bad} was taken back: of its first`);
  expect(problem).toContain('опечатка');

  const [answer] = answers as [{ jobs: string[] }[]];
  const shown = await daemon.cli('jobs', 'show', answer[0]?.jobs[0] ?? '');
  expect(shown.out).toContain(`${bad}, on trial, ended refused: опечатка`);
  expect(shown.out).toContain(`outcome   probe@1.0.0#${first.slice(0, 8)}  done`);
  const listed = await daemon.cli('nas');
  expect(listed.out).toMatch(/box .*outdated .*was taken back/);
  expect((await daemon.cli('nas', 'show', 'box')).out).toContain('was taken back');
  expect((await daemon.cli('plugin', 'list')).out).toMatch(
    new RegExp(`probe +1\\.0\\.0 +${first.slice(0, 8)} +has 1\\.0\\.0#${worse.slice(0, 8)} +box`),
  );
  expect(String((await daemon.call('GET', '/metrics')).body)).toContain(
    'ossia_profile_reloads_total{nas="box",result="taken back"} 1',
  );
  expect(JSON.stringify((await daemon.call('GET', '/readyz')).body)).toContain('1 in force, 1 refused');
  expect(JSON.stringify(daemon.log)).toContain('was taken back');

  const tried = await daemon.cli('plugin', 'reload', 'probe', '--dry-run');
  expect(tried).toMatchObject({ code: 0 });
  expect((await nasOf(given)).plugin.hash).toBe(first);
  const asked = await daemon.cli('plugin', 'release', 'probe', '--reason', 'так и надо');
  expect(asked).toMatchObject({ code: 0, out: expect.stringContaining(`box  ${bad} in force\n`) });
  expect((await daemon.cli('audit')).out).toMatch(/plugin\.release .*так и надо/);
});

test('a plugin that breaks its walls in a row is quarantined, its jobs wait, and a new version or an operator lets them run', {
  timeout: 120_000,
}, async () => {
  const given = await world();
  const { seen, daemon, event, save, good, plugin, site, profile } = given;
  // A box of its own for each version of the story: nothing before to be compared with.
  site.profile('box', profile({ match: { nas_ip: '10.0.0.1', nas_id: 'new' } }));
  save("for (;;) account['step'] += '';");
  const hash = (await nasOf(given)).plugin.hash;
  await until(async () => (await nasOf(given)).plugin.hash !== hash);
  await daemon.cli('plugin', 'release', 'probe', '--reason', 'test');
  for (let step = 0; step < 7; step++) await daemon.fire(event(step));

  const quarantine = await until(async () => (await nasOf(given)).quarantine);
  expect(quarantine.reason).toContain('3 times in a row');
  await until(async () => (await jobsIn(given, 'state=parked')).length === 7);
  const held = (await jobsIn(given, 'state=parked')).filter(({ reason }) => reason.includes('is in quarantine on box'));
  expect(held.length).toBeGreaterThanOrEqual(1);
  expect((await daemon.cli('nas')).out).toMatch(/quarantine, closed/);
  expect((await daemon.cli('nas', 'show', 'box')).out).toContain('ossia plugin release lets it go');
  expect(String((await daemon.call('GET', '/metrics')).body)).toContain(
    'ossia_plugin_quarantined{nas="box",plugin="probe"} 1',
  );
  expect(JSON.stringify((await daemon.call('GET', '/readyz')).body)).toContain('1 in quarantine');
  expect(seen).toEqual([]);

  await daemon.cli('plugin', 'reload', '--nas', 'box');
  await until(async () => (await nasOf(given)).quarantine, 15_000);

  writeFileSync(plugin, good);
  await until(async () => (await jobsIn(given, 'state=done')).length === 7, 20_000);
  expect([...seen].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect((await nasOf(given)).quarantine).toBeNull();
});

test('validate-only says by its exit code what the daemon would refuse, without one', {
  timeout: 120_000,
}, async () => {
  const { config, save, site, profile, plugin, good } = await world();
  const validate = (...words: string[]) =>
    runCli(['plugin', 'reload', ...words, '--validate-only', '--config', config]);

  const fine = await validate();
  expect(fine.code).toBe(0);
  expect(fine.out).toMatch(/ok +plugin +probe 1\.0\.0#[0-9a-f]{8}\nok +profile +box\n/);

  writeFileSync(plugin, good.replace('user_add: tell', 'user_ad: tell'));
  const mistyped = await validate('probe', '--json');
  expect(mistyped.code).toBe(1);
  expect(JSON.parse(mistyped.out)).toMatchObject({
    ok: false,
    checks: [{ kind: 'plugin', problems: [{ problem: 'is not a hook of the catalogue; did you mean user_add?' }] }, {}],
  });
  writeFileSync(plugin, good.replace('export default', "throw new Error('при загрузке');\nexport default"));
  expect((await validate('probe')).out).toContain('при загрузке');
  save('await await (');
  expect((await validate('--nas', 'box')).out).toMatch(/plugin\.ts:\d+/);
  writeFileSync(plugin, good);
  site.profile('box', profile({ plugin: 'probe@9.9.9' }));
  const pinned = await validate('--nas', 'box');
  expect(pinned.code).toBe(1);
  expect(pinned.out).toContain('the profile is held to probe@9.9.9, and its folder has probe@1.0.0#');
  expect(await validate('--nas', 'nobody')).toMatchObject({ code: 1 });
  site.profile('box', profile());
  site.profile('second', profile());
  const claimed = await validate('--nas', 'second');
  expect(claimed).toMatchObject({ code: 1, out: expect.stringContaining('belongs to the profile box already') });
  expect(claimed.out).not.toContain('profile  box');
  // A folder that is not there is nothing wrong, and yet nothing was validated.
  const elsewhere = join(site.directory, 'elsewhere.yaml');
  writeFileSync(elsewhere, 'profiles: no-such-folder\n');
  const nowhere = await runCli(['plugin', 'reload', '--validate-only', '--config', elsewhere]);
  expect(nowhere).toMatchObject({ code: 0, out: expect.stringContaining('no-such-folder: there is no such folder') });
  expect(await validate('probe', '--nas', 'box')).toMatchObject({ code: 2 });
});

test('a profile that is held to a hash keeps it while the folder moves on, also over a restart', {
  timeout: 120_000,
}, async () => {
  const given = await world();
  const { seen, site, daemon, profile, event, save } = given;
  const hash = (await nasOf(given)).plugin.hash;
  site.profile('box', profile({ plugin: `probe@${hash.slice(0, 12)}` }));
  save('if (hook) {}');
  await until(async () => (await nasOf(given)).problem.includes('is held to probe@'));
  expect((await nasOf(given)).plugin.hash).toBe(hash);
  expect((await daemon.cli('plugin', 'list')).out).toContain(`box (held to ${hash.slice(0, 12)})`);
  await daemon.signal('SIGTERM');

  const again = await site.start();
  const after = await nasOf({ daemon: again });
  expect(after.plugin.hash).toBe(hash);
  expect(after.problem).toContain('is held to probe@');
  await again.fire(event(1));
  await until(() => seen.includes('1'));
});

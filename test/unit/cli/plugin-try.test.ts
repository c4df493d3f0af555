// `ossia plugin try` on the simulator and on a box of a profile: what it shows, what it changes, and what it never prints.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { startSshServer } from '#core/simulator/ssh-server.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from './ossia.ts';

const options = { timeoutMs: 60_000 };

async function site(): Promise<{ cwd: string; run: (...args: string[]) => ReturnType<typeof ossia> }> {
  const cwd = tempDir();
  const run = (...args: string[]) =>
    ossia(['plugin', ...args], { ...options, cwd, env: { BOX_PASSWORD: 'тайна-сайта' } });
  expect((await run('new', 'acme')).code).toBe(0);
  return { cwd, run };
}

test('a hook on the simulator: sent, answered, outcome, and what changed', { timeout: 120_000 }, async () => {
  const { run } = await site();
  const { code, out, err } = await run(
    'try',
    'user_add',
    '--plugin',
    'acme',
    '--var',
    'login=Боб',
    '--var',
    'psw=secret-1',
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('-> ssh      subscriber set -- 1001 10.1.2.3 inet\n');
  expect(out).toContain('login=Боб');
  expect(out).toContain('psw=***');
  expect(out).not.toContain('secret-1');
  expect(out).toMatch(/\ndone\nbox {6}what changed\n[\s\S]*\+ {5}"1001": \{/);

  const dry = await run('try', 'user_del', '--plugin', './plugins/acme', '--case', 'there', '--dry-run', '--json');
  expect(JSON.parse(dry.out)).toMatchObject({
    hook: 'user_del',
    dry_run: true,
    from: 'cases/user_del/there.json',
    outcome: { type: 'done' },
    exchanges: [{ kind: 'recorded', via: 'ssh', text: 'subscriber delete -- 1001' }],
    box_state: { before: { subscribers: { '1001': {} } }, after: { subscribers: { '1001': {} } } },
  });
});

test('a hook that throws shows the author his line', { timeout: 120_000 }, async () => {
  const { cwd, run } = await site();
  const file = join(cwd, 'plugins/acme/plugin.ts');
  const broken = (await readFile(file, 'utf8')).replace(
    '      await device.ssh.run(sh`subscriber set',
    "      if (ip) throw new TypeError('сломано');\n      await device.ssh.run(sh`subscriber set",
  );
  await writeFile(file, broken);
  const row = broken.split('\n').findIndex((line) => line.includes('сломано')) + 1;
  for (const engine of [[], ['--in-process']]) {
    const { code, out } = await run('try', 'user_add', '--plugin', 'acme', ...engine);
    expect(code).toBe(1);
    expect(out).toContain('refused (plugin_error): TypeError: сломано');
    expect(out).toMatch(
      new RegExp(
        `plugins/acme/plugin\\.ts:${row}:\\d+\\n +${row} \\|       if \\(ip\\) throw new TypeError\\('сломано'\\);\\n +\\^\\n`,
      ),
    );
    expect(out).toContain('box      as it was');
  }
});

test('on a box of a profile it only reads, until --really; the secret is in nothing that is printed', {
  timeout: 120_000,
}, async () => {
  const { cwd, run } = await site();
  const told: string[] = [];
  const box = await startSshServer({
    user: 'ossia',
    password: 'тайна-сайта',
    run({ command }) {
      told.push(command);
      return { exitCode: 0, stdout: command.startsWith('show') ? 'ip 10.5.5.5\nblocked no' : '', stderr: '' };
    },
  });
  onTestFinished(() => box.close());
  const ssh = { host: '127.0.0.1', port: box.port, user: 'ossia', host_key: box.fingerprint };
  const profile = (password: string) => ({
    plugin: 'acme',
    match: { nas_ip: '10.0.0.1' },
    transports: { ssh: { ...ssh, password } },
    options: { service: 'tv' },
  });
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(cwd, 'nas-profiles'));
  const file = join(cwd, 'nas-profiles/bras-1.yaml');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference as profiles have it
  await writeFile(file, stringify(profile('${env:BOX_PASSWORD}')));
  const account = ['--nas', 'bras-1', '--var', 'user_id=7', '--var', 'ip=10.7.7.7'];

  const dry = await run('try', 'user_add', ...account);
  expect([dry.code, dry.err]).toEqual([0, '']);
  expect(dry.out).toContain('user_add on the box of bras-1, as a dry run\n');
  expect(dry.out).toContain('.. ssh      subscriber set -- 7 10.7.7.7 tv  (only written down)\n');
  expect(dry.out).toMatch(/not known: /);
  expect(told).toEqual([]);

  const read = await run('try', 'user_info', ...account);
  expect(read.out).toContain('"ip":"10.5.5.5"');
  expect(told).toEqual(['show subscriber -- 7']);

  const really = await run('try', 'user_add', ...account, '--really', '--json');
  expect(JSON.parse(really.out)).toMatchObject({ dry_run: false, outcome: { type: 'done' }, box_state: null });
  expect(told).toEqual(['show subscriber -- 7', 'subscriber set -- 7 10.7.7.7 tv']);

  await box.close();
  const gone = await run('try', 'user_info', ...account);
  expect(gone.code).toBe(75);
  for (const { out, err } of [dry, read, really, gone]) expect(out + err).not.toContain('тайна-сайта');

  await writeFile(file, stringify({ ...profile('x'), options: { servis: 'tv' } }));
  const wrong = await run('try', 'user_add', ...account);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(
    /bras-1\.yaml:\d+ options\.servis: is not an option of this plugin; did you mean "service"\?/,
  );
});

test('used wrongly, it says what is missing, and what was meant', { timeout: 60_000 }, async () => {
  const { run } = await site();
  const said = async (...args: string[]) => {
    const { code, err } = await run('try', ...args);
    return `${code} ${err}`;
  };
  expect(await said()).toMatch(/^2 .*say which hook/);
  expect(await said('user_add')).toMatch(/^2 .*say which plugin/);
  expect(await said('user_add', '--nas', 'bras-1')).toMatch(/^2 .*say of which account/);
  expect(await said('user_add', '--plugin', 'acme', '--really')).toMatch(/^2 .*--really is for a real box/);
  expect(await said('user_add', '--plugin', 'acme', '--var', 'login')).toMatch(/^2 .*"login" is no variable/);
  expect(await said('user_ad', '--plugin', 'acme')).toMatch(/^1 .*There is no hook user_ad; did you mean user_add\?/);
  expect(await said('user_add', '--plugin', 'acme', '--case', 'nw')).toMatch(
    /^1 .*cases\/user_add\/nw\.json; did you mean new\?/,
  );
  expect(await said('user_add', '--nas', 'no-such', '--var', 'user_id=1')).toMatch(/^1 .*no-such/);
});

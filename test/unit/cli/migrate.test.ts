// `ossia migrate` as an admin with an old script meets it; the profile that it writes is one that `ossia check` takes.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from './ossia.ts';

const plugins = new URL('../../../plugins', import.meta.url).pathname;
const models = new URL('../../../nas-profiles/models', import.meta.url).pathname;

const routerScript = `#!/bin/bash
user_del(){
  while send_mikrotik_cmd -s "$nas_ip" "$telnet_login" "$telnet_password" /queue simple remove numbers=crb_\${ip}; do :; done
  echo "User-Name=\\"\${login}\\"" | radclient -x \${nas_ip}:\${coa_port} disconnect "\${radius_secret}"
}
user_edit() { :; }
user_disconnect() { accel-cmd terminate sid "$sid"; }
"$1"
`;

function folder(script: string): string {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'nas-profiles'));
  symlinkSync(plugins, join(cwd, 'plugins'));
  symlinkSync(models, join(cwd, 'nas-profiles', 'models'));
  writeFileSync(join(cwd, 'session'), script);
  return cwd;
}

test('function by function, what it does and what is dangerous, and what takes its place', async () => {
  const { code, out } = await ossia(['migrate', 'session', '--nas_ip', '10.0.0.7'], { cwd: folder(routerScript) });
  expect(code).toBe(0);
  expect(out).toMatch(/^user_del: ends the session by a RADIUS Disconnect; removes a RouterOS queue$/m);
  expect(out).toMatch(/line 3: .*\n {4}endless loop: .*\n {4}secret in arguments: .*\n {4}unquoted value: /);
  expect(out).toMatch(/^user_edit: nothing that reaches a box$/m);
  expect(out).toMatch(/^user_disconnect: tells accel-ppp what to do with its sessions$/m);
  expect(out).toMatch(/hooks without a function: .*user_drop/);
  expect(out).toMatch(/^plugin: mikrotik /m);
});

test.each([undefined, 'mikrotik', 'generic-coa', 'carbon-script'])(
  'the profile for %s is one that the daemon takes',
  async (plugin) => {
    const cwd = folder(routerScript);
    const chosen = plugin === undefined ? [] : ['--plugin', plugin];
    const written = await ossia(
      ['migrate', 'session', '--write', 'nas-profiles/bras-1.yaml', '--nas_ip', '10.0.0.7', ...chosen],
      { cwd },
    );
    expect(written).toMatchObject({ code: 0, err: '' });
    const env = { ROUTER_PASSWORD: 'пароль', RADIUS_SECRET: 'secret', TELNET_PASSWORD: 'secret' };
    const checked = await ossia(['check', '--json'], { cwd, env });
    const { profiles } = JSON.parse(checked.out) as { profiles: { problems: unknown[] }[] };
    expect(profiles).toEqual([expect.objectContaining({ problems: [] })]);
    const again = await ossia(['migrate', 'session', '--write', 'nas-profiles/bras-1.yaml'], { cwd });
    expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/is there already; nothing was written/) });
    expect(readFileSync(join(cwd, 'nas-profiles/bras-1.yaml'), 'utf8')).toContain('10.0.0.7');
  },
);

const secrets = { RADIUS_SECRET: 'secret', ROUTER_PASSWORD: 'secret', TV_TOKEN: 'secret' };

test.each([
  'linux',
  'accel-ppp',
  'cisco-isg',
  'juniper-mx',
  'huawei-me60',
  'nokia-sros',
  'ericsson-se',
  'xge',
  'iptv-http',
])('the profile for %s is one that the daemon takes once its places are filled in', async (plugin) => {
  const cwd = folder(routerScript);
  const made = await ossia(['migrate', 'session', '--json', '--nas_ip', '10.0.0.7', '--plugin', plugin], { cwd });
  const { profile } = JSON.parse(made.out) as { profile: string };
  const { private: key } = ssh2.utils.generateKeyPairSync('ed25519');
  writeFileSync(join(cwd, 'key'), key);
  const filled = profile
    .replace('/run/secrets/router-key', join(cwd, 'key'))
    .replace('https://...', 'https://tv.example.net')
    .replace('host_key: "..."', `host_key: "SHA256:${'A'.repeat(43)}"`)
    .replace(
      'options: {}',
      plugin !== 'linux' ? '' : 'options: { customers: [eth1], uplinks: [eth0], portals: { blocked: 10.0.0.2:8080 } }',
    );
  writeFileSync(join(cwd, 'nas-profiles/bras-1.yaml'), filled);
  const { out } = await ossia(['check', '--json'], { cwd, env: secrets });
  const { profiles } = JSON.parse(out) as { profiles: { problems: unknown[] }[] };
  expect(profiles).toEqual([expect.objectContaining({ problems: [] })]);
});

test('no script, a file that is none, a wrong word: each said', async () => {
  const cwd = folder('\0\0');
  expect(await ossia(['migrate', 'none'], { cwd })).toMatchObject({ code: 1, err: expect.stringMatching(/none/) });
  expect(await ossia(['migrate', 'session'], { cwd })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no script/),
  });
  expect(await ossia(['migrate', 'session', '--nas_ip', 'x'], { cwd })).toMatchObject({ code: 2 });
  expect(await ossia(['migrate', 'session', '--plugin', 'x'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/mikrotik/),
  });
});

test('only plugins that are there are suggested, as far as the settings say where', async () => {
  const cwd = folder('user_drop() { radclient; send_mikrotik_cmd; }\n');
  mkdirSync(join(cwd, 'ours', 'mikrotik'), { recursive: true });
  writeFileSync(join(cwd, 'ossia.yaml'), 'plugins: ours\n');
  const suggested = async () => {
    const { out } = await ossia(['migrate', 'session', '--json'], { cwd });
    return (JSON.parse(out) as { suggestion: { plugin: string } }).suggestion.plugin;
  };
  // A folder without a manifest is no plugin.
  expect(await suggested()).toBe('carbon-script');
  symlinkSync(join(plugins, 'generic-coa'), join(cwd, 'ours', 'generic-coa'));
  expect(await suggested()).toBe('generic-coa');
  writeFileSync(join(cwd, 'ours', 'mikrotik', 'plugin.json'), '{}');
  expect(await suggested()).toBe('mikrotik');
  expect(await ossia(['migrate', 'session', '--plugin', 'linux'], { cwd })).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no plugin linux in ours'),
  });
});

test('the profile that runs the script says how to move to the plugin', async () => {
  const cwd = folder(routerScript);
  const { out } = await ossia(['migrate', 'session', '--plugin', 'carbon-script'], { cwd });
  expect(out).toContain('# shadow: { plugin: mikrotik, options: {} }');
});

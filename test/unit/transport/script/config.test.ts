// The script section of a profile: programs by absolute path, and names of variables that can carry a value.
import { expect, test } from 'vitest';
import { scriptConfig } from '#core/transport/script/config.ts';
import { environmentName } from '#core/transport/script/environment.ts';

test('a program is a path, or a path with the words that come first', () => {
  const programs = { session: '/opt/oss/session', vlan: { file: '/opt/oss/vlan', args: ['-q'] } };
  expect(scriptConfig.parse({ programs })).toEqual({
    programs: { session: { file: '/opt/oss/session', args: [] }, vlan: { file: '/opt/oss/vlan', args: ['-q'] } },
    cwd: '/',
    env: {},
    max_output: 1_024 ** 2,
  });
});

test.each([
  [{}],
  [{ programs: {} }],
  [{ programs: { session: 'session' } }],
  [{ programs: { session: './session' } }],
  [{ programs: { 'a b': '/bin/true' } }],
  [{ programs: { session: '/bin/true' }, cwd: 'relative' }],
  [{ programs: { session: '/bin/true' }, env: { LD_PRELOAD: '/x.so' } }],
  [{ programs: { session: '/bin/true' }, shell: true }],
])('the section %j is refused', (section) => {
  expect(scriptConfig.safeParse(section).success).toBe(false);
});

test.each(['user_id', 'login', 'psw', 'ip', 'nas_ip', 'usluga_id', 'coa_port', 'Xyz', '_private'])(
  'the name %s can carry a value',
  (name) => {
    expect(environmentName.safeParse(name).success).toBe(true);
  },
);

test.each([
  'PATH',
  'IFS',
  'ENV',
  'BASH_ENV',
  'LD_LIBRARY_PATH',
  'GCONV_PATH',
  'PS4',
  'PERL5LIB',
  'HOME',
  'all_proxy',
  'a-b',
  '',
])('the name %s cannot', (name) => {
  expect(environmentName.safeParse(name).success).toBe(false);
});

// The cli section of a profile: what is taken, what is refused with the reason, and a platform of the profile's own.
import { expect, test } from 'vitest';
import { cliConfig } from '#core/transport/cli/config.ts';
import { textOf } from '#core/transport/cli/line.ts';
import { cli } from '#plugin-sdk';

const pin = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
const ssh = { host: 'bras-1', user: 'ossia', password: 'p', host_key: pin, platform: 'cisco-ios' };
const telnet = { via: 'telnet', host: 'bras-1', password: 'p', platform: 'junos' };

function problems(section: unknown): string[] {
  return cliConfig.safeParse(section).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

test('a section has defaults for all but where the box is, who we are there, and what it speaks', () => {
  expect(cliConfig.parse(ssh)).toMatchObject({
    via: 'ssh',
    port: 22,
    host_key: { type: 'pin', fingerprints: [pin] },
    platform: { name: 'cisco-ios' },
    max_sessions: 2,
    idle: 60_000,
    max_output: 8 * 1_024 ** 2,
    echo: true,
  });
  expect(cliConfig.parse(telnet)).toMatchObject({ via: 'telnet', port: 23, platform: { name: 'junos' } });
});

test('over SSH the host key, the user and a credential are demanded', () => {
  const { host_key: _, user: __, ...bare } = ssh;
  expect(problems(bare)).toEqual([expect.stringMatching(/^user: /), expect.stringMatching(/^host_key: .*required/)]);
  const { password: ___, ...open } = ssh;
  expect(problems(open)).toEqual(['password: give a password or a private_key']);
});

test('over telnet what belongs to SSH means nothing', () => {
  expect(problems({ ...telnet, host_key: pin })).toEqual(['host_key: means nothing over telnet']);
});

test('a platform is demanded, and one that is not known is refused with those that are', () => {
  const { platform: _, ...without } = ssh;
  expect(problems(without)).toEqual([expect.stringMatching(/^platform: is required: one of cisco-ios, .*junos/)]);
  expect(problems({ ...ssh, platform: 'cisco' })).toEqual([expect.stringMatching(/^platform: is none of cisco-ios/)]);
  expect(problems({ ...ssh, platform: '__proto__' })).toHaveLength(1);
});

test('a password that cannot be typed is refused', () => {
  expect(problems({ ...ssh, enable_password: 'a\nb' })).toEqual([expect.stringMatching(/^enable_password: .*control/)]);
});

test("a profile's own platform has what it says and the rest of the one that it extends", () => {
  const platform = {
    extends: 'cisco-ios',
    prompts: { exec: '\\[{name}\\]>' },
    failures: ['^oops'],
    prepare: ['pages off'],
    questions: [{ when: 'sure\\?$', say: 'y' }],
    longest: 100,
  };
  const { platform: own } = cliConfig.parse({ ...ssh, platform });
  expect(own).toMatchObject({
    name: 'cisco-ios of this profile',
    prompts: { exec: '\\[{name}\\]>', privileged: '{name}#' },
    prepare: ['pages off'],
    privilege: { command: 'enable' },
    values: { longest: 100, quoted: null },
  });
  expect(own.failures.map((one) => one.test('OOPS, no'))).toEqual([true]);
});

test('whether a value can stand in quotes is for the profile to say', () => {
  const { platform } = cliConfig.parse({ ...ssh, platform: { extends: 'generic', quotes: true } });
  expect(textOf(cli`set name ${'two words'}`, platform)).toBe('set name "two words"');
  expect(() => textOf(cli`set name ${'a"b'}`, platform)).toThrow(expect.objectContaining({ code: 'value_unsafe' }));
});

test('what is wrong in it is said where it is', () => {
  const platform = { extends: 'ios', failures: ['('], prompts: { exec: 'no name>' }, colour: 'red' };
  expect(problems({ ...ssh, platform })).toEqual(
    expect.arrayContaining([
      'platform.failures.0: is no regular expression',
      'platform.prompts.exec: says nowhere what is the name: {name}',
      expect.stringMatching(/^platform: .*colour/),
    ]),
  );
  expect(problems({ ...ssh, platform: { extends: 'ios' } })).toEqual([
    expect.stringMatching(/^platform: extends none/),
  ]);
});

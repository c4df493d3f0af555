// Prompts: learned from a platform's pattern, then known exactly, whatever the box is called.
import { describe, expect, test } from 'vitest';
import { answerText, refusalIn } from '#core/transport/cli/answer.ts';
import { platforms } from '#core/transport/cli/platforms/all.ts';
import { createPrompts, nameIn } from '#core/transport/cli/prompt.ts';

const platform = (name: string) => platforms[name] as (typeof platforms)[string];

/** After the login; in configuration mode; lines that are no prompt of this box. */
const boxes: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['cisco-ios', 'bras-1>', ['bras-1(config)#', 'bras-1(config-if)#'], ['bras-10>', 'xbras-1>', 'bras-1', 'bras-1> x']],
  ['cisco-ios', 'b.r(a)s[1]+*?^$#', ['b.r(a)s[1]+*?^$(config)#'], ['b.r(a)s[1]+*?^$', 'bXr(a)s[1]+*?^$#']],
  ['cisco-ios', 'bras-with-a-very-long-name-1#', ['bras-with-a-very-lon(config)#'], ['bras-with(config)#']],
  ['cisco-iosxr', 'RP/0/RSP0/CPU0:asr9k#', ['RP/0/RSP0/CPU0:asr9k(config-subif)#'], ['RP/0/RSP1/CPU0:asr9k#']],
  ['junos', 'ossia@mx-1>', ['ossia@mx-1#'], ['ossia@mx-2>', 'ossia@mx-1%']],
  ['huawei-vrp', '<ME60-1>', ['[ME60-1]', '[~ME60-1]', '[*ME60-1-GigabitEthernet1/0/1.100]'], ['<ME60-2>', '[ME6]']],
  ['nokia-sros', 'A:bng-1#', ['*A:bng-1>config>service>vpls#', 'A:bng-1>config$'], ['B:bng-1#']],
  ['nokia-sros-md', 'A:admin@bng-1#', ['A:admin@bng-1#'], ['A:admin@bng-2#']],
  ['ericsson-seos', '[local]se-1#', ['[local]se-1(config-ctx)#'], ['[other]se-1#']],
  ['eltex-esr', 'esr-1#', ['esr-1(config-if-gi)#'], ['esr-2#']],
  ['generic', 'switch$', ['switch(cfg)#'], ['switch2$']],
];

test.each(boxes)('%s: %s is learned, and known from then on', (name, prompt, configs, others) => {
  const learned = nameIn(prompt, platform(name));
  expect(learned).not.toBeNull();
  const prompts = createPrompts(learned ?? '', platform(name));
  expect(prompts.modesOf(prompt).length).toBeGreaterThan(0);
  for (const config of configs) expect(prompts.modesOf(config), config).toContain('config');
  for (const other of others) expect(prompts.modesOf(other), other).toEqual([]);
});

test('every platform is in the table', () => {
  const there = new Set(boxes.map(([name]) => name));
  expect(Object.keys(platforms).filter((name) => !there.has(name))).toEqual(['huawei-vrp5']);
});

test('a star for unsaved changes comes and goes without being part of the name', () => {
  const prompts = createPrompts(nameIn('*A:bng-1#', platform('nokia-sros')) ?? '', platform('nokia-sros'));
  expect(prompts.modesOf('A:bng-1#')).toEqual(['exec']);
});

test('a prompt behind a line that did not end is found where it begins', () => {
  const prompts = createPrompts('bras-1', platform('cisco-ios'));
  expect(prompts.endOf('no line end bras-1#')).toEqual({ modes: ['privileged'], at: 12 });
  expect(prompts.endOf(`${'bras-1#'.repeat(100_000)}`)).toMatchObject({ modes: ['privileged'] });
  expect(prompts.endOf('nothing')).toBeNull();
});

/** Output, and what it means. */
const answers: readonly (readonly [string, string, 'nas_refused' | 'nas_busy' | null])[] = [
  ['cisco-ios', "          ^\n% Invalid input detected at '^' marker.", 'nas_refused'],
  ['cisco-ios', '% Incomplete command.', 'nas_refused'],
  ['cisco-ios', '% Ambiguous command:  "sh v"', 'nas_refused'],
  ['cisco-ios', 'Command authorization failed.', 'nas_refused'],
  ['cisco-ios', 'Interface Gi0/1\n Description: 5% Invalid', null],
  ['cisco-ios', 'CPU utilization: 5%', null],
  [
    'cisco-iosxr',
    '% Failed to commit one or more configuration items during a pseudo-atomic operation.',
    'nas_refused',
  ],
  ['cisco-iosxr', "!!% 'sysdb' detected the 'warning' condition", 'nas_refused'],
  ['junos', '                  ^\nsyntax error, expecting <command>.', 'nas_refused'],
  ['junos', 'error: session not found', 'nas_refused'],
  ['junos', 'error: configuration database locked by:\n  admin terminal p0', 'nas_busy'],
  ['junos', 'Physical interface: ge-0/0/1, Enabled\n  Input errors: 0', null],
  ['huawei-vrp', "Error: Unrecognized command found at '^' position.", 'nas_refused'],
  ['huawei-vrp', 'Error: The configuration is locked by another user.', 'nas_busy'],
  ['nokia-sros', 'MINOR: CLI Command not found.', 'nas_refused'],
  ['nokia-sros-md', 'MINOR: MGMT_CORE #2201: Unknown element', 'nas_refused'],
  ['nokia-sros-md', 'MINOR: MGMT_CORE #2052: Exclusive datastore access unavailable', 'nas_busy'],
  ['ericsson-seos', '% No such subscriber', 'nas_refused'],
  ['eltex-esr', 'Syntax error: Unknown command', 'nas_refused'],
  ['generic', '% Unknown command', 'nas_refused'],
];

describe('what a box answers', () => {
  test.each(answers)('%s: %s is %s', (name, text, code) => {
    expect(refusalIn(text, 'a line', platform(name))?.code ?? null).toBe(code);
  });

  test('is without the lines that belong to the prompt', () => {
    expect(answerText('\none\n[edit]\n\ntwo\n\n{master}[edit]', platform('junos'))).toBe('one\n[edit]\n\ntwo');
    expect(answerText('Sun Nov 22 03:00:00.123 UTC\none\n', platform('cisco-iosxr'))).toBe('one');
    expect(answerText('\n\n', platform('generic'))).toBe('');
  });
});

test('the patterns of every platform are done with the longest lines of a hostile box', () => {
  const hostile = [
    'more '.repeat(200),
    ' '.repeat(1_000),
    'password'.repeat(125),
    '<'.repeat(1_000),
    '%'.repeat(1_000),
  ];
  const begun = process.cpuUsage();
  for (const one of Object.values(platforms))
    for (const line of hostile.flatMap((text) => [text, `${text}x`])) {
      const prompts = createPrompts('bras-1', one);
      prompts.modesOf(line);
      prompts.endOf(line);
      nameIn(line, one);
      refusalIn(line, '', one);
      for (const pattern of [
        one.pager.mark,
        one.login.user,
        one.login.password,
        one.login.failed,
        ...one.questions.map(({ when }) => when),
      ])
        pattern.test(line);
    }
  const { user } = process.cpuUsage(begun);
  // Thousands of times more when one of them tries every way through a line.
  expect(user).toBeLessThan(5_000_000);
});

// What a change of the configuration types on each platform, with and without confirmation: the data of the platforms, read aloud.
import { expect, test } from 'vitest';
import { configureText, refuseUnknownWays } from '#core/transport/cli/configure.ts';
import { platforms } from '#core/transport/cli/platforms/all.ts';

const plain: Readonly<Record<string, string>> = {
  'cisco-ios': 'configure terminal, LINE, end',
  'cisco-iosxr': 'configure terminal, LINE, commit, end',
  junos: 'configure exclusive, LINE, commit, exit configuration-mode',
  'huawei-vrp': 'system-view, LINE, commit, return',
  'huawei-vrp5': 'system-view, LINE, return',
  'nokia-sros': 'configure, LINE, exit all',
  'nokia-sros-md': 'edit-config exclusive, LINE, commit, quit-config',
  'ericsson-seos': 'configure, LINE, commit, end',
  'eltex-esr': 'configure, LINE, end, commit, confirm',
};

const confirmed: Readonly<Record<string, string>> = {
  'cisco-ios': 'configure terminal revert timer 2, LINE, end, configure confirm',
  'cisco-iosxr': 'configure terminal, LINE, commit confirmed 120, commit, end',
  junos: 'configure exclusive, LINE, commit confirmed 2, commit, exit configuration-mode',
  'huawei-vrp': 'system-view, LINE, commit trial 120, commit, return',
  'nokia-sros-md': 'edit-config exclusive, LINE, commit confirmed 2, commit confirmed accept, quit-config',
  'eltex-esr': 'configure, LINE, end, commit, confirm',
};

const typed = (name: string, commit: 'plain' | 'confirmed'): string => {
  const platform = platforms[name];
  if (platform === undefined) throw new Error(`There is no platform ${name}.`);
  refuseUnknownWays(platform, { commit });
  const change = { config: { platform, confirm_within: 90_000 }, lines: ['LINE'], options: { commit } };
  return configureText(change).replaceAll('\n', ', ');
};

test.each(Object.keys(platforms))('%s', (name) => {
  for (const [commit, table] of [
    ['plain', plain],
    ['confirmed', confirmed],
  ] as const) {
    const wanted = table[name];
    if (wanted !== undefined) expect(typed(name, commit)).toBe(wanted);
    else expect(() => typed(name, commit)).toThrow(expect.objectContaining({ code: 'arguments_invalid' }));
  }
});

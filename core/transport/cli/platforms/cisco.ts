// Cisco IOS, IOS-XE and IOS-XR. Prompts and failure texts as netmiko and scrapli know them; the rest from memory of Cisco's command
// references, not tried on hardware.
import type { Platform } from '../platform.ts';
import { usual, withoutQuotes } from './defaults.ts';

const questions = [
  { when: /\[confirm\]\s*$/i, say: '' },
  { when: /Destination filename \[[^\]]*\]\?\s*$/i, say: '' },
  { when: /\[(?:yes\/no|y\/n)\][:?]?\s*$/i, say: null },
  { when: /\(y\/n\)[:?]?(?: ?\[[yn]\])?:?\s*$/i, say: null },
];

export const ciscoIos: Platform = {
  ...usual,
  name: 'cisco-ios',
  prompts: {
    exec: '{name}>',
    privileged: '{name}#',
    // A long host name is cut, so that the whole prompt stays short.
    config: '{begin}\\(config[^)]{0,64}\\)#',
  },
  prepare: ['terminal length 0', 'terminal width 511'],
  privilege: { command: 'enable', password: /password:\s*$/i },
  failures: [
    /^% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Bad|Error|Access denied|Authorization failed)/i,
    // What a line of the configuration means is judged in words of its own.
    /^% ?(?:Cannot|Can't|Failed|No such|Not(?! all)|Duplicate)\b/i,
    /^% ?(?!Warning).{1,100}(?:overlaps with|not found|does not exist)/i,
    /^Command (?:rejected|authorization failed)/i,
    /^%[A-Z0-9_-]+-[0-4]-[A-Z0-9_]+:.*(?:fail|error|reject)/i,
  ],
  busy: [/^%? ?(?:Configuration mode (?:is )?locked|Config(?:uration)? (?:session|database) is locked)/i],
  questions,
  configuration: {
    enter: ['configure terminal'],
    leave: ['end'],
    // Needs `archive` with a `path`; without it the box refuses to enter, and nothing has changed.
    confirmed: {
      enter: ['configure terminal revert timer {minutes}'],
      confirm: { after: ['configure confirm'] },
      discard: { after: ['configure revert now'] },
    },
  },
  values: withoutQuotes,
};

export const ciscoIosXr: Platform = {
  ...usual,
  name: 'cisco-iosxr',
  // The name is `RP/0/RSP0/CPU0:bras-1`.
  prompts: { exec: '{name}#', privileged: '{name}#', config: '{begin}\\(config[^)]{0,64}\\)#' },
  prepare: ['terminal length 0', 'terminal width 511', 'terminal exec prompt no-timestamp'],
  failures: [
    /^% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Bad|Error|Failed|Authorization)/i,
    /^!!% /,
    /^This command is not authorized/i,
  ],
  busy: [/^%? ?(?:Configuration (?:database|session) (?:is )?locked|.{0,60}is locked by another)/i],
  // A line with the time stands above each answer until the preparation has switched it off.
  noise: [/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d/],
  questions: [{ when: /commit them before exiting ?\(yes\/no\/cancel\)\? ?\[cancel\]:\s*$/i, say: 'no' }, ...questions],
  configuration: {
    enter: ['configure terminal'],
    leave: ['end'],
    commit: { inside: ['commit'] },
    // A commit that is not confirmed in the same session is taken back.
    confirmed: { commit: { inside: ['commit confirmed {seconds}'] }, confirm: { inside: ['commit'] } },
    discard: { inside: ['abort'] },
  },
  values: withoutQuotes,
};

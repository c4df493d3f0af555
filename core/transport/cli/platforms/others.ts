// Ericsson SEOS (Redback), Eltex ESR, and a generic command line to build upon in a profile. From memory of the vendors' references
// and of netmiko's Ericsson and Eltex drivers, not tried on hardware.
import type { Platform } from '../platform.ts';
import { usual, withoutQuotes, withQuotes } from './defaults.ts';

export const ericssonSeos: Platform = {
  ...usual,
  name: 'ericsson-seos',
  // The name is `[local]bras-1`, with the context in it.
  prompts: { exec: '{name}>', privileged: '{name}#', config: '{begin}\\(config[^)]{0,64}\\)#' },
  prepare: ['terminal length 0', 'terminal width 511'],
  privilege: { command: 'enable', password: /password:\s*$/i },
  failures: [
    /^% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Bad|Error|Failed|Cannot|No such|Not)/i,
    /^(?:Error|Failed|Cannot)\b/,
  ],
  busy: [/^% ?.{0,80}(?:database is locked|transaction .{0,40}in progress)/i],
  questions: [
    { when: /\[confirm\]\s*$/i, say: '' },
    { when: /\((?:y\/n|yes\/no)\)[:?]?\s*$/i, say: null },
    { when: /\[(?:y\/n|yes\/no)\][:?]?\s*$/i, say: null },
  ],
  configuration: {
    enter: ['configure'],
    leave: ['end'],
    commit: { inside: ['commit'] },
    discard: { inside: ['abort'] },
  },
  values: withoutQuotes,
};

export const eltexEsr: Platform = {
  ...usual,
  name: 'eltex-esr',
  prompts: { exec: '{name}>', privileged: '{name}#', config: '{begin}\\(config[^)]{0,64}\\)#' },
  prepare: ['terminal datadump'],
  privilege: { command: 'enable', password: /password:\s*$/i },
  failures: [/^\s*(?:Syntax error|Unknown command|Error)\b/i, /^% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Error)/i],
  busy: [/^.{0,60}(?:locked by|is locked)/i],
  questions: [{ when: /\((?:y\/n|yes\/no)\)[:?]?\s*$/i, say: null }],
  // A commit takes itself back unless `confirm` follows within `system config-confirm timer`, which is set on the box: a plain one
  // is confirmed at once, a confirmed one when the box has answered again.
  configuration: {
    enter: ['configure'],
    leave: ['end'],
    commit: { after: ['commit', 'confirm'] },
    confirmed: { commit: { after: ['commit'] }, confirm: { after: ['confirm'] } },
    discard: { after: ['rollback'] },
  },
  values: withQuotes,
};

export const generic: Platform = {
  ...usual,
  name: 'generic',
  prompts: { exec: '{name}[>$%#]', privileged: '{name}#', config: '{begin}\\([^)]{1,64}\\)#' },
  prepare: [],
  failures: [/^\s*(?:%|error\b|syntax error|unknown command|invalid (?:input|command))/i],
  questions: [{ when: /[[(](?:y\/n|yes\/no|confirm)[\])][:?]?\s*$/i, say: null }],
  values: withoutQuotes,
};

// Juniper Junos. Prompts, failure texts and the commands of the session as netmiko and scrapli know them; questions from memory.
import type { Platform } from '../platform.ts';
import { usual, withQuotes } from './defaults.ts';

export const junos: Platform = {
  ...usual,
  name: 'junos',
  // The name is `ossia@bras-1`.
  prompts: { exec: '{name}>', privileged: '{name}>', config: '{name}#' },
  // Completion would write words into the line that nobody typed.
  prepare: [
    'set cli complete-on-space off',
    'set cli screen-length 0',
    'set cli screen-width 0',
    'set cli timestamp disable',
  ],
  pager: { mark: /---\(more(?: \d{1,3}%)?\)---\s*$/, key: ' ' },
  failures: [
    /^(?:error|fatal): /i,
    /^\s*(?:unknown command|syntax error|missing argument|invalid (?:value|input|numeric value))/i,
    /^\s*'[^']{1,200}' is ambiguous/,
    /^(?:permission denied|commit failed)/i,
  ],
  busy: [/configuration database (?:is )?(?:locked|modified)/i, /^error: (?:.{0,80}is locked|.{0,40}locked by)/i],
  noise: [/^\{[^}]{1,60}\}(?:\[edit[^\]]*\])?$/, /^\[edit[^\]]*\]$/],
  questions: [
    { when: /uncommitted changes\? \[yes,no\] \(yes\)\s*$/i, say: 'yes' },
    { when: /\[yes,no\](?: \((?:yes|no)\))?\s*$/i, say: null },
  ],
  configuration: {
    // Nobody else's unfinished changes are committed with ours, and ours are thrown away when the session breaks.
    enter: ['configure exclusive'],
    leave: ['exit configuration-mode'],
    check: 'commit check',
    commit: { inside: ['commit'] },
    confirmed: { commit: { inside: ['commit confirmed {minutes}'] }, confirm: { inside: ['commit'] } },
    discard: { inside: ['rollback 0'] },
  },
  values: withQuotes,
};

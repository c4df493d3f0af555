// Nokia SR OS with the classic command line and with the model-driven one (MD-CLI). Prompts and failure texts as netmiko and scrapli
// know them; the commits from memory of Nokia's guides, not tried on hardware.
import type { Platform } from '../platform.ts';
import { usual, withQuotes } from './defaults.ts';

const base = {
  ...usual,
  pager: { mark: /Press any key to continue \(Q to quit\)\s*$/i, key: ' ' },
  questions: [{ when: /\(y\/n\)\??\s*$/i, say: null }],
  values: withQuotes,
};

export const nokiaSros: Platform = {
  ...base,
  name: 'nokia-sros',
  // `*` tells of changes that are not saved. The name is `A:bras-1`.
  prompts: { exec: '\\*?{name}#', privileged: '\\*?{name}#', config: '\\*?{name}>config[^#]{0,200}[#$]' },
  prepare: ['environment no more', 'environment no saved-ind-prompt'],
  failures: [/^(?:Error|MINOR|MAJOR|CRITICAL): /, /^\s*\^?\s*Error: /],
  busy: [/^(?:MINOR|MAJOR): .{0,120}(?:is locked|in use by|being (?:edited|modified))/i],
  // Every line is in force at once.
  configuration: { enter: ['configure'], leave: ['exit all'] },
};

export const nokiaSrosMd: Platform = {
  ...base,
  name: 'nokia-sros-md',
  // The second line of the prompt, which does not tell the mode; the first one, `(ex)[/configure]`, is noise.
  prompts: { exec: '{name}#', privileged: '{name}#', config: '{name}#' },
  prepare: ['environment more false', 'environment command-completion space false', 'environment console width 512'],
  failures: [/^(?:Error|MINOR|MAJOR|CRITICAL): /],
  busy: [/^(?:MINOR|MAJOR): .{0,120}(?:locked|exclusive|in use)/i],
  noise: [/^[*!]{0,2}(?:\((?:ex|gl|pr|ro)\))?\[[^\]]{0,200}\]$/],
  questions: [
    { when: /Discard uncommitted changes\? \[y,n\]\s*$/i, say: 'y' },
    { when: /\[y,n\]\s*$/i, say: null },
    ...base.questions,
  ],
  configuration: {
    enter: ['edit-config exclusive'],
    leave: ['quit-config'],
    check: 'validate',
    commit: { inside: ['commit'] },
    confirmed: {
      commit: { inside: ['commit confirmed {minutes}'] },
      confirm: { inside: ['commit confirmed accept'] },
    },
    discard: { inside: ['discard'] },
  },
};

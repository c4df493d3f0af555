// Huawei VRP 8 (ME60, NE40E with its two-stage configuration) and VRP 5. Prompts, failure texts as netmiko and scrapli know them; the
// trial commit and the questions from memory of Huawei's command references, not tried on hardware.
import type { Platform } from '../platform.ts';
import { usual, withQuotes } from './defaults.ts';

const vrp: Platform = {
  ...usual,
  name: 'huawei-vrp',
  // `*` and `~` tell whether changes wait for a commit.
  prompts: { exec: '<{name}>', privileged: '<{name}>', config: '\\[[~*]?{name}[^\\]]{0,80}\\]' },
  prepare: ['screen-length 0 temporary'],
  pager: { mark: /---- ?More ?----\s*$/i, key: ' ' },
  failures: [
    /^\s*Error:/i,
    /^\s*(?:Unrecognized command|Incomplete command|Ambiguous command|Wrong parameter|Too many parameters)/i,
  ],
  busy: [/^\s*Error:.{0,120}(?:is locked|locked by|another user)/i, /^\s*Error: The system is busy/i],
  questions: [
    { when: /Change now\? \[Y\/N\]:\s*$/i, say: 'N' },
    { when: /Are you sure to commit them before exiting\?[^\n]{0,60}:\s*$/i, say: 'N' },
    { when: /Continue\? ?\[Y(?:\(yes\))?\/N(?:\(no\))?\]:?\s*$/i, say: 'Y' },
    { when: /\[Y(?:\(yes\))?\/N(?:\(no\))?(?:\/C(?:\(cancel\))?)?\]:?\s*$/i, say: null },
  ],
  configuration: {
    enter: ['system-view'],
    leave: ['return'],
    commit: { inside: ['commit'] },
    confirmed: { commit: { inside: ['commit trial {seconds}'] }, confirm: { inside: ['commit'] } },
    discard: { inside: ['clear configuration candidate'] },
  },
  values: withQuotes,
};

export const huaweiVrp = vrp;

/** Every line is in force at once, and stays when a later one is refused. */
export const huaweiVrp5: Platform = {
  ...vrp,
  name: 'huawei-vrp5',
  configuration: { enter: ['system-view'], leave: ['return'] },
};

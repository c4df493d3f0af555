// Which plugin would take an old script's place, by what the script talks and to whom.
import type { Script } from './script-functions.ts';

interface Sign {
  readonly plugin: string;
  readonly pattern: RegExp;
  /** What was recognised, for the one who reads the report. */
  readonly words: string;
}

/** The first that is found in most lines; those of one vendor go before those of any. */
const signs: readonly Sign[] = [
  {
    plugin: 'mikrotik',
    pattern: /send_mikrotik_cmd|\/ip firewall|\/queue simple|\/ppp (?:active|secret)|Mikrotik-/,
    words: 'RouterOS commands or attributes',
  },
  {
    plugin: 'cisco-isg',
    pattern: /subscriber:command|Cisco-Account-Info|Cisco-AVPair/i,
    words: "Cisco ISG's attributes",
  },
  { plugin: 'juniper-mx', pattern: /ERX-Service|ERX-/, words: "Juniper's ERX attributes" },
  { plugin: 'huawei-me60', pattern: /Huawei-|HW-QOS|HW-Policy/i, words: "Huawei's attributes" },
  { plugin: 'ericsson-se', pattern: /Forward-Policy|HTTP-Redirect-URL|rbnSubs/, words: "Redback's attributes" },
  { plugin: 'nokia-sros', pattern: /Alc-SLA|Alc-Subsc/, words: "Nokia's attributes" },
  {
    plugin: 'xge',
    pattern: /Filter-Id.*\bsession\b|\bxge\b|redirect (?:blocked|negbal)/i,
    words: 'commands of a Carbon XGE in Filter-Id',
  },
  { plugin: 'accel-ppp', pattern: /accel-cmd|accel-ppp/, words: "accel-ppp's commands" },
  {
    plugin: 'linux',
    pattern: /\b(?:iptables|ipset|nft|tc)\s+(?:-|add|del|class|qdisc|filter)/,
    words: 'iptables, ipset, nft or tc',
  },
  { plugin: 'iptv-http', pattern: /\b(?:curl|wget)\b/, words: 'HTTP requests' },
  { plugin: 'generic-coa', pattern: /\bradclient\b/, words: 'RADIUS CoA or Disconnect by radclient' },
];

export interface Suggestion {
  readonly plugin: string;
  readonly because: string;
}

/** Of the plugins that there are; `carbon-script` runs what nothing else is known for. */
export function suggestPlugin(script: Script, available: ReadonlySet<string>): Suggestion {
  const lines = [...script.functions.flatMap(({ lines: own }) => own), ...script.rest].map(({ text }) => text);
  const counted = signs
    .filter(({ plugin }) => available.has(plugin))
    .map((sign) => ({ ...sign, count: lines.filter((line) => sign.pattern.test(line)).length }))
    .filter(({ count }) => count > 0);
  const [best] = counted.sort((one, other) => other.count - one.count);
  if (best !== undefined) return { plugin: best.plugin, because: `${best.words}, in ${best.count} lines` };
  return { plugin: 'carbon-script', because: 'nothing in it is known here; it can be run as it stands' };
}

// What a function of an old script does, in words, by a table of what its lines call.
import type { ScriptLine } from './script-functions.ts';

const signs: readonly { readonly pattern: RegExp; readonly words: string }[] = [
  { pattern: /\bradclient\b.*\bdisconnect\b/, words: 'ends the session by a RADIUS Disconnect' },
  { pattern: /\bradclient\b.*\bcoa\b/, words: 'changes the session by a RADIUS CoA' },
  { pattern: /\/ip firewall address-list remove/, words: 'takes the address off RouterOS address lists' },
  { pattern: /\/ip firewall address-list add/, words: 'puts the address on RouterOS address lists' },
  { pattern: /\/queue simple remove/, words: 'removes a RouterOS queue' },
  { pattern: /\/queue simple (?:add|set)/, words: 'sets a RouterOS queue' },
  { pattern: /\/ppp active remove|\/ip hotspot active remove/, words: 'drops the RouterOS session' },
  { pattern: /\baccel-cmd\b/, words: 'tells accel-ppp what to do with its sessions' },
  { pattern: /\b(?:iptables|ip6tables|ipset|nft)\b/, words: "changes this machine's or a router's firewall" },
  { pattern: /\btc\s+(?:class|qdisc|filter)\b/, words: 'sets shaping with tc' },
  { pattern: /\bsnmpset\b/, words: 'sets a value by SNMP' },
  { pattern: /\b(?:curl|wget)\b/, words: 'calls an HTTP API' },
  { pattern: /\b(?:ssh|sshpass|plink)\b/, words: 'runs commands over SSH' },
  { pattern: /\b(?:telnet|expect|nc)\b/, words: 'talks to a command line over telnet' },
  { pattern: />>?\s*"?\/[^\s&]/, words: 'writes a file' },
];

/** Words of functions of the script itself that it calls stand as `calls NAME`. */
export function actionsOf(lines: readonly ScriptLine[], own: ReadonlySet<string>): string[] {
  const text = lines.map((line) => line.text);
  const found = signs.filter(({ pattern }) => text.some((line) => pattern.test(line))).map(({ words }) => words);
  const words = new Set(text.flatMap((line) => line.match(/[A-Za-z_]\w*/g) ?? []));
  const called = [...own].filter((name) => words.has(name)).map((name) => `calls ${name}`);
  return [...found, ...called];
}

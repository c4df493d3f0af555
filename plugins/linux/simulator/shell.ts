// As much of a shell as the plugin's commands need: `;`, `&&`, single quotes, and programs by name.
import { nft } from './nft.ts';
import type { Router } from './router.ts';
import { tc } from './tc.ts';

export interface ShellInput {
  readonly command: string;
  readonly stdin: string;
}

export interface ShellResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Program = (router: Router, words: readonly string[], stdin: string) => ShellResult;

const ok = (stdout: string): ShellResult => ({ exitCode: 0, stdout, stderr: '' });

const programs: Readonly<Record<string, Program>> = {
  nft,
  tc,
  ip(router, words) {
    if (words.join(' ') === '-j addr show') return ok(`${JSON.stringify(interfacesOf(router))}\n`);
    const [, , , address = ''] = words;
    const mac = router.neighbours.get(address);
    const entry = { dst: address, dev: router.interfaces[0], lladdr: mac, state: ['REACHABLE'] };
    return ok(`${JSON.stringify(mac === undefined ? [] : [entry])}\n`);
  },
  cat: (_router, [file]) =>
    file === '/proc/uptime'
      ? ok('93784.51 180000.00\n')
      : { exitCode: 1, stdout: '', stderr: `cat: ${file}: No such file\n` },
  ping(router, words) {
    const address = words.at(-1) ?? '';
    const count = Number(words[words.indexOf('-c') + 1]);
    const received = router.neighbours.has(address) ? count : 0;
    const replies = Array.from(
      { length: received },
      (_, index) => `64 bytes from ${address}: icmp_seq=${index + 1} time=0.5 ms`,
    );
    const summary = `${count} packets transmitted, ${received} received`;
    return { exitCode: received > 0 ? 0 : 1, stdout: `${[...replies, summary].join('\n')}\n`, stderr: '' };
  },
};

/** As iproute2 6.1 prints them, without what nobody reads. */
function interfacesOf({ interfaces, peers }: Router) {
  const address = (local: string, more: object) => ({ family: 'inet', local, ...more, scope: 'global' });
  return [
    { ifname: 'lo', link_type: 'loopback', addr_info: [address('127.0.0.1', { prefixlen: 8 })] },
    ...interfaces.map((ifname, index) => ({
      ifname,
      link_type: 'ether',
      addr_info: [address(`10.0.${index}.1`, { prefixlen: 24 })],
    })),
    ...[...peers].map(([ifname, peer]) => ({
      ifname,
      link_type: 'ppp',
      addr_info: [address('10.0.0.1', { address: peer, prefixlen: 32 })],
    })),
  ];
}

export function runShell(router: Router, { command, stdin }: ShellInput): ShellResult {
  let exitCode = 0;
  let stdout = '';
  let stderr = '';
  for (const chain of splitOutsideQuotes(command, ';')) {
    for (const simple of splitOutsideQuotes(chain, '&&')) {
      const isQuiet = simple.includes(' 2>/dev/null');
      const result = runOne(router, wordsOf(simple.replace(' 2>/dev/null', '')), stdin);
      exitCode = result.exitCode;
      stdout += result.stdout;
      if (!isQuiet) stderr += result.stderr;
      if (exitCode !== 0) break;
    }
  }
  return { exitCode, stdout, stderr };
}

function runOne(router: Router, words: readonly string[], stdin: string): ShellResult {
  const [name = '', ...rest] = words[0] === 'sudo' ? words.slice(2) : words;
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (!program) return { exitCode: 127, stdout: '', stderr: `sh: 1: ${name}: not found\n` };
  return program(router, rest, stdin);
}

function splitOutsideQuotes(text: string, separator: ';' | '&&'): string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "'") isQuoted = !isQuoted;
    if (!isQuoted && text.startsWith(separator, at)) {
      parts.push(part);
      part = '';
      at += separator.length - 1;
    } else part += text[at];
  }
  return [...parts, part].map((one) => one.trim()).filter(Boolean);
}

/** Quoted and bare pieces that touch are one word, `\'` outside of quotes is a quote. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\'/g, (_all, quoted: string | undefined) => quoted ?? "'"),
  );
}

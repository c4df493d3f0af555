// tc of the simulated router: one HTB per interface and its classes.
import type { Router } from './router.ts';
import type { Program, ShellResult } from './shell.ts';

const done = (stdout = ''): ShellResult => ({ exitCode: 0, stdout, stderr: '' });
const failed = (exitCode: 1 | 2, words: string): ShellResult => ({ exitCode, stdout: '', stderr: `${words}\n` });
const missing = failed(2, 'RTNETLINK answers: No such file or directory');

export const tc: Program = (router, words) => {
  const line = words.join(' ');
  if (line === '-V') return done('tc utility, iproute2-6.1.0 (simulated)\n');
  const match = /^(?:-s )?(qdisc|class) (add|replace|del|show) dev (\S+) ?(.*)$/.exec(line);
  if (!match) return failed(1, `Object "${words[0] ?? ''}" is unknown, try "tc help".`);
  const [, what = '', verb = '', device = '', rest = ''] = match;
  if (!router.interfaces.includes(device)) return failed(1, `Cannot find device "${device}"`);
  const classes = router.classes.get(device);
  switch (`${what} ${verb}`) {
    case 'qdisc add':
      if (classes) return failed(2, 'Error: Exclusivity flag on, cannot modify.');
      router.classes.set(device, new Map());
      return done();
    case 'class replace':
      return classes ? replace(classes, rest) : missing;
    case 'class del':
      return classes?.delete(/^classid (\S+)$/.exec(rest)?.[1] ?? '') ? done() : missing;
    case 'class show':
      return done(show(classes, /^classid (\S+)$/.exec(rest)?.[1]));
    default:
      return failed(1, `Command "${verb}" is unknown, try "tc ${what} help".`);
  }
};

type Classes = NonNullable<ReturnType<Router['classes']['get']>>;

function replace(classes: Classes, text: string): ShellResult {
  const [, parent = '', id = '', values = ''] = /^parent (\S+) classid (\S+) htb (rate .*)$/.exec(text) ?? [];
  if (!/^1:[0-9a-f]{1,4}$/.test(id)) return failed(1, 'Error: argument "classid" is wrong: invalid class ID');
  if (parent !== '1:' && !classes.has(parent)) return missing;
  classes.set(id, `parent ${parent === '1:' ? 'root' : parent} ${values}`);
  return done();
}

function show(classes: Classes | undefined, only: string | undefined): string {
  return [...(classes ?? [])]
    .filter(([id]) => only === undefined || id === only)
    .map(([id, text]) => {
      const [, parent = '', rate = ''] = /^parent (\S+) rate (\d+)kbit/.exec(text) ?? [];
      const ceil = /ceil (\d+)kbit/.exec(text)?.[1] ?? rate;
      return `class htb ${id} ${parent === 'root' ? 'root' : `parent ${parent}`} prio 0 rate ${rate}Kbit ceil ${ceil}Kbit burst 16Kb cburst 16Kb \n Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n`;
    })
    .join('');
}

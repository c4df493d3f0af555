// The command line of the simulated accel-pppd and accel-cmd in front of it, as cli.c, std_cmd.c and accel_cmd.c are written.
import type { SshCommand, SshOutput } from '#core/simulator/ssh-server.ts';
import type { Pppd, PppdSession } from './pppd.ts';
import { showSessions } from './show-sessions.ts';

export interface CommandLine {
  run(command: SshCommand): SshOutput;
}

type Heard = (command: string, printed: string) => void;

const port = 2001;
/** accel-cmd's own. */
const couldNotConnect = 3;

export function createCommandLine(pppd: Pppd, heard: Heard): CommandLine {
  function answerTo(line: string): string {
    // Whatever is no ASCII ends a word.
    const words = line.split(/[^!-~]+/).filter(Boolean);
    const [verb = '', what = '', ...rest] = words;
    if (verb === 'show' && what === 'sessions') return showSessions(pppd, rest);
    if (verb === 'show' && what === 'stat') return statOf(pppd);
    if (verb === 'show' && what === 'version') return '1.13.0\r\n';
    if (verb === 'terminate') return terminate(pppd, [what, ...rest]);
    return 'command unknown\r\n';
  }

  return {
    run({ command, stdin }) {
      const match = /^accel-cmd -p (\d+) -t 10s$/.exec(command);
      if (!match) return { exitCode: 127, stdout: '', stderr: `sh: 1: ${command.split(' ')[0]}: not found\n` };
      if (Number(match[1]) !== port) return { exitCode: couldNotConnect, stdout: '', stderr: '' };
      // The first line is taken for the password, and the connection is closed without a word; accel-cmd is content.
      if (pppd.config.password !== undefined) return { exitCode: 0, stdout: '', stderr: '' };
      let printed = '';
      for (const line of stdin.split('\n').filter(Boolean)) {
        const answer = answerTo(line);
        heard(line, answer);
        printed += answer;
      }
      const { breaks_after: limit } = pppd.config;
      if (limit !== undefined) printed = printed.split('\n').slice(0, limit).join('\n');
      return { exitCode: 0, stdout: Buffer.from(printed, 'latin1'), stderr: '' };
    },
  };
}

/** Prints nothing, whether there was such a session or not. */
function terminate(pppd: Pppd, words: readonly string[]): string {
  const [key = '', value = '', how = 'soft'] = words;
  if (words.length < 2 || words.length > 3 || !['soft', 'hard'].includes(how)) return 'syntax error\r\n';
  const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text).toString('latin1'));
  const matches: Readonly<Record<string, (session: PppdSession) => boolean>> = {
    username: ({ username }) => bytes(username) === value,
    // A session without an address is any.
    ip: ({ ip }) => (ip ?? value) === value,
    csid: ({ caller }) => bytes(caller) === value,
    sid: ({ sid }) => sid === value,
    if: ({ ifname }) => ifname === value,
  };
  const isMeant = matches[key];
  if (!isMeant) return 'syntax error\r\n';
  const first = pppd.sessions.find(isMeant);
  pppd.sessions = pppd.sessions.filter((session) => session !== first);
  return '';
}

function statOf({ sessions, config }: Pppd): string {
  const [days, rest] = [Math.floor(config.uptime / 86_400), config.uptime % 86_400];
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const count = (wanted: string) => sessions.filter(({ state }) => state === wanted).length;
  return [
    `uptime: ${days}.${two(rest / 3600)}:${two((rest % 3600) / 60)}:${two(rest % 60)}`,
    'cpu: 0%',
    'mem(rss/virt): 5532/139932 kB',
    'core:',
    '  mempool_allocated: 153312',
    'sessions:',
    `  starting: ${count('start')}`,
    `  active: ${count('active')}`,
    `  finishing: ${count('finish')}`,
    '',
  ].join('\r\n');
}

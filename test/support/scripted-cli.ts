// Boxes with awkward command lines, for tests: one like IOS, one like Junos, one like Nokia's MD-CLI. Their configuration lies in a file, for all sessions.
import { readFileSync, writeFileSync } from 'node:fs';
import type { CliAnswer, CliBox } from '#core/simulator/cli-dialog.ts';

/** The file is JSON: a list of lines, and what is taken back unless it is confirmed. */
export interface Configuration {
  readonly lines: readonly string[];
  readonly previous?: readonly string[];
}

export const enablePassword = 'пароль-enable-7';
const invalid = "          ^\n% Invalid input detected at '^' marker.\n";

export const kinds = {
  ios,
  'ios-enabled': enabled,
  junos,
  md,
  'odd-name': (file: string) => ios(file, 'br#as>-1.msk_(2)[x]'),
};

export function readConfiguration(file: string): Configuration {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function ios(file: string, name = 'bras-1'): CliBox {
  const prompts: Record<string, string> = {
    exec: `${name}>`,
    enable: `${name}#`,
    config: `${name.slice(0, 16)}(config)#`,
    'config-if': `${name.slice(0, 16)}(config-if)#`,
  };
  const enable = (left: number): CliAnswer => ({
    ask: {
      question: 'Password: ',
      hidden: true,
      take(given) {
        if (given === enablePassword) return { mode: 'enable' };
        return left > 1 ? enable(left - 1) : { text: '% Bad secrets\n' };
      },
    },
  });

  function inConfig(line: string): CliAnswer {
    if (line === 'end') return { mode: 'enable' };
    if (line.startsWith('bad')) return { text: invalid };
    if (line === 'hang') return { ends: 'hangs' };
    writeFileSync(
      file,
      JSON.stringify({ ...readConfiguration(file), lines: [...readConfiguration(file).lines, line] }),
    );
    return { mode: line.startsWith('interface ') ? 'config-if' : 'config' };
  }

  function inExec(line: string, mode: string): CliAnswer {
    const [first = '', second = '', third = ''] = line.split(' ');
    if (line === 'terminal length 0') return { pageLines: null };
    if (line === 'terminal length 24') return { pageLines: 24 };
    if (line.startsWith('terminal width')) return {};
    if (line === 'enable') return mode === 'enable' ? {} : enable(3);
    if (line === 'show version') return { text: 'Box Software, Version 1.0\nuptime is 3 weeks\nСерийный номер 7\n' };
    if (line.startsWith('show lines')) return { text: numbered(Number(third)) };
    if (line === 'show prompts') return prompted(name);
    if (line === 'show glued') return { pieces: [{ text: 'no line end', waitMs: 10 }] };
    if (line === 'show slow') return { pieces: ['one\n', 'two\n', 'three\n'].map((text) => ({ text, waitMs: 300 })) };
    if (line === 'show colour')
      return { text: '\x1b[1;32mgreen\x1b[0m and \x1b]0;title\x07plain\nspinner |\b/\b-\bdone\n' };
    if (line === 'show secret') return { text: `enable secret ${enablePassword}\n` };
    if (line === 'show flood') return { text: numbered(100_000) };
    if (line === 'show noise')
      return { text: 'quiet\n', afterwards: { text: '\n%SYS-5-CONFIG_I: Configured from console\n', waitMs: 150 } };
    if (line === 'show drop') return { text: 'half of', ends: 'hangs up' };
    if (line === 'show hang') return { text: 'half of', ends: 'hangs' };
    if (first === 'show') return { text: `asked for ${line.slice(5)}\n` };
    if (mode !== 'enable') return { text: invalid };
    if (first === 'clear') return { ask: { question: 'Clear the session? [confirm]', take: (a) => cleared(a, line) } };
    if (first === 'delete') return { ask: { question: `Delete ${second}? [y/n]:`, take: (a) => cleared(a, line) } };
    if (line === 'configure terminal')
      return { mode: 'config', text: 'Enter configuration commands, one per line.  End with CNTL/Z.\n' };
    if (line.startsWith('configure terminal revert timer ')) {
      const { lines } = readConfiguration(file);
      writeFileSync(file, JSON.stringify({ lines, previous: lines }));
      return { mode: 'config' };
    }
    if (line === 'configure confirm') {
      writeFileSync(file, JSON.stringify({ lines: readConfiguration(file).lines }));
      return {};
    }
    if (line === 'configure revert now') {
      writeFileSync(file, JSON.stringify({ lines: readConfiguration(file).previous ?? [] }));
      return {};
    }
    return { text: invalid };
  }

  return {
    banner: `\n*****\nAuthorized users only#\n${name}>\n*****`,
    mode: 'exec',
    columns: 60,
    pageLines: 24,
    prompt: (mode) => prompts[mode] ?? '',
    answer: (line, mode) => (mode.startsWith('config') ? inConfig(line) : inExec(line, mode)),
  };
}

/** Where users land in privileged mode, as those do whom a TACACS server lets in. */
function enabled(file: string): CliBox {
  return { ...ios(file), mode: 'enable' };
}

function junos(file: string): CliBox {
  let candidate: readonly string[] = [];
  const running = () => readConfiguration(file).lines;
  const put = (next: Configuration) => writeFileSync(file, JSON.stringify(next));
  const prompts: Record<string, string> = {
    exec: '{master}\nossia@mx-1> ',
    config: '{master}[edit]\nossia@mx-1# ',
    shut: '',
  };

  function inExec(line: string): CliAnswer {
    if (line === 'set cli screen-length 0') return { text: 'Screen length set to 0\n', pageLines: null };
    if (line.startsWith('set cli')) return {};
    if (line.startsWith('show')) return { text: `asked for ${line.slice(5)}\n` };
    if (line !== 'configure exclusive') return { text: '              ^\nunknown command.\n' };
    if (running().includes('set locked'))
      return { text: 'error: configuration database locked by: admin terminal p0 (pid 7)\n' };
    candidate = running();
    return {
      text: 'warning: uncommitted changes will be discarded on exit\nEntering configuration mode\n',
      mode: 'config',
    };
  }

  function inConfig(line: string): CliAnswer {
    const isWrong = candidate.includes('set wrong');
    const failed =
      '  error: statement constraint check failed\nerror: commit failed: (statements constraint check failed)\n';
    if (line.startsWith('set bad')) return { text: `            ^\nsyntax error.\n` };
    if (line.startsWith('set ')) {
      candidate = [...candidate, line];
      return {};
    }
    if (line === 'rollback 0') {
      candidate = running();
      return { text: 'load complete\n' };
    }
    if (line === 'commit check') return { text: isWrong ? failed : 'configuration check succeeds\n' };
    if (line === 'commit' && isWrong) return { text: failed };
    if (line === 'commit') {
      put({ lines: candidate });
      return { text: 'commit complete\n' };
    }
    if (line.startsWith('commit confirmed ')) {
      put({ lines: candidate, previous: running() });
      return { text: 'commit confirmed will be automatically rolled back unless confirmed\ncommit complete\n' };
    }
    if (line !== 'exit configuration-mode') return { text: '   ^\nunknown command.\n' };
    if (candidate.join() === running().join()) return { text: 'Exiting configuration mode\n', mode: 'exec' };
    return {
      ask: {
        question:
          'The configuration has been changed but not committed\nExit with uncommitted changes? [yes,no] (yes) ',
        take: (said) => (said === 'no' ? {} : { mode: 'exec' }),
      },
    };
  }

  return {
    banner: '--- JUNOS 21.4R3 built 2023',
    // A change that shuts us out: the session that made it goes on, a new one comes to no prompt.
    mode: running().includes('set shut') ? 'shut' : 'exec',
    ...(running().includes('set closed') ? { first: { ends: 'hangs up' } } : {}),
    pageLines: 24,
    pager: { mark: '---(more)---', erase: `\r${' '.repeat(40)}\r` },
    prompt: (mode) => prompts[mode] ?? '',
    answer: (line, mode) => (mode === 'config' ? inConfig(line) : inExec(line)),
  };
}

/** The line that waits is the same in both modes. */
function md(file: string): CliBox {
  let candidate: readonly string[] = [];
  const running = () => readConfiguration(file).lines;
  const error = (text: string): CliAnswer => ({ text: `MINOR: MGMT_CORE #2201: ${text}\n` });

  function inConfig(line: string): CliAnswer {
    if (line === 'commit') {
      writeFileSync(file, JSON.stringify({ lines: candidate }));
      return {};
    }
    if (line === 'discard') {
      candidate = running();
      return {};
    }
    if (line === 'quit-config')
      return candidate.includes('/configure stuck') ? error('Operation not allowed') : { mode: 'exec' };
    if (!line.startsWith('/configure ') || line.includes(' bad')) return error('Unknown element');
    candidate = [...candidate, line];
    return {};
  }

  return {
    mode: 'exec',
    prompt: (mode) => `\n${mode === 'config' ? '*(ex)[/]' : '[/]'}\nA:admin@bng-1# `,
    answer(line, mode) {
      if (mode === 'config') return inConfig(line);
      if (line.startsWith('environment ')) return {};
      if (line.startsWith('show ')) return { text: `asked for ${line.slice(5)}\n` };
      if (line !== 'edit-config exclusive') return error('Unknown element');
      candidate = running();
      return { mode: 'config', text: 'INFO: CLI #2060: Entering exclusive configuration mode\n' };
    },
  };
}

function cleared(said: string, line: string): CliAnswer {
  return { text: /^(?:|y|yes)$/i.test(said) ? `done: ${line}\n` : 'not done\n' };
}

/** The prompt as a part of a line, as a line, and as a line's beginning that is finished a moment later. */
function prompted(name: string): CliAnswer {
  return {
    text: `descr ${name}# one\n${name}#\n  ${name}#\n${name}# two\n`,
    pieces: [
      { text: `${name}#`, waitMs: 20 },
      { text: ' three\n', waitMs: 20 },
      { text: '--More', waitMs: 20 },
      { text: '-- four\n', waitMs: 20 },
    ],
  };
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, at) => `line ${at + 1} login-${at + 1} 10.0.${at >> 8}.${at & 255}\n`).join(
    '',
  );
}

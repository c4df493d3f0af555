// What is dangerous in a line of an old script, by a table of patterns: loops without an end, secrets in arguments, values without quotes.
import type { ScriptLine } from './script-functions.ts';

export interface Danger {
  readonly line: number;
  readonly text: string;
  readonly kind: DangerKind;
}

export const dangerKinds = {
  'endless loop': 'goes round for ever when the box is dead: the account is stuck, and so is a process',
  'secret in arguments': 'every user of the machine can read it with ps while the command runs',
  'unquoted value': 'a space, * or ; in what the billing sends makes another command of it',
  'value becomes code': 'what the billing sends is read as a command, here or on the box',
  'no time limit': 'a box that does not answer is waited for without an end',
  'file for everybody': 'another user of the machine can put a link or his own text there',
  'sends nothing': 'says that all is well before anything reaches the box',
} as const;
export type DangerKind = keyof typeof dangerKinds;

const remote = /\b(?:ssh|sshpass|telnet|plink|expect|nc|curl|wget|snmpset|snmpget|radclient|send_\w+)\b/;
const secretVariable = /\$\{?\w*(?:passw|secret|psw|community|token|api_?key)\w*\}?/i;

/** Where the programs take it as a word, also when it stands there as it is. */
const writtenSecrets: readonly RegExp[] = [
  /\bradclient\b(?!.*\s-S)[^|;]*\s(?:coa|disconnect|auth|acct|status|auto)\s+[^\s|;&>]/,
  /\bsshpass\s+-p\s*\S/,
  /\bcurl\b[^|;]*\s(?:-u|--user)[\s=]*[^\s:]+:\S/,
  /\bsnmp(?:set|get|walk)\b[^|;]*\s-c\s*\S/,
];

interface Pattern {
  readonly kind: DangerKind;
  found(text: string): boolean;
}

const patterns: readonly Pattern[] = [
  {
    kind: 'endless loop',
    // The condition is a command that fails, or succeeds, as long as the box is away; what is read, compared or counted ends.
    found: (text) => {
      const [, condition = ''] = /\b(?:while|until)\s+(?:!\s+)?(.*?)\s*(?:;\s*do\b.*)?$/.exec(text) ?? [];
      if (/^(?:$|:|true\b|\[\s*1\s*\])/.test(condition)) return /\b(?:while|until)\b/.test(text);
      return !/^(?:\[|\(\(|test\b|read\b|IFS=\S*\s+read\b|getopts\b|shift\b)|\btimeout\b/.test(condition);
    },
  },
  {
    kind: 'secret in arguments',
    found: (text) =>
      (remote.test(text) && secretVariable.test(afterCommand(text))) || writtenSecrets.some((one) => one.test(text)),
  },
  { kind: 'unquoted value', found: (text) => remote.test(text) && unquotedVariables(afterCommand(text)).length > 0 },
  {
    kind: 'value becomes code',
    found: (text) =>
      /\beval\b|\b(?:ba|da)?sh\s+-c\s+"[^"]*\$/.test(text) || /\bssh\b[^|]*"[^"\s]*\s[^"]*\$\{?[a-z]/.test(text),
  },
  {
    kind: 'no time limit',
    found: (text) =>
      (/\bssh\b/.test(text) && !/ConnectTimeout|\btimeout\b/.test(text)) ||
      (/\b(?:curl|wget)\b/.test(text) && !/--max-time|-m\s*\d|--timeout|\btimeout\b/.test(text)) ||
      (/\b(?:telnet|nc|expect)\b/.test(text) && !/-w\s*\d|\btimeout\b/.test(text)),
  },
  {
    kind: 'file for everybody',
    found: (text) => />\s*"?\/(?:var\/)?tmp\/[^\s]*\$|\bchmod\s+(?:-R\s+)?0?777\b/.test(text),
  },
  { kind: 'sends nothing', found: (text) => /^\s*echo\b[^|>]*(?:radclient|ssh|\/ip |coa)/i.test(text) },
];

export function dangersOf(lines: readonly ScriptLine[]): Danger[] {
  return lines.flatMap(({ number, text }) =>
    patterns.filter(({ found }) => found(text)).map(({ kind }) => ({ line: number, text, kind })),
  );
}

/** From the first command that reaches a box on: what stands before a pipe into it goes by standard input. */
function afterCommand(text: string): string {
  const at = text.search(remote);
  return at < 0 ? '' : text.slice(at);
}

/** Names of variables that stand outside of double and single quotes. */
function unquotedVariables(text: string): string[] {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
  return [...bare.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name ?? '');
}

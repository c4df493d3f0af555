// Stands before an old program that a profile runs, and does what such programs do on a bad day.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What can be done, by name. */
export const programFaults = {
  /** It never ends. */
  hangs: 'silent',
  /** It takes its time. */
  slow: 'harmless',
  /** It says "not now", as the billing's scripts do: exit code 254. */
  busy: 'refused for now',
  /** It does its work, and then never ends. */
  'lost-answer': 'after the request',
} as const;

export type ProgramFault = keyof typeof programFaults;

export interface ProgramProxy {
  /** To run in the program's place. */
  readonly file: string;
  set(fault: ProgramFault | null): void;
  close(): void;
}

export function startProgramProxy(program: string): ProgramProxy {
  const folder = mkdtempSync(join(tmpdir(), 'ossia-fault-'));
  const file = join(folder, 'program');
  const fault = join(folder, 'fault');
  writeFileSync(fault, '');
  writeFileSync(
    file,
    `#!/bin/sh
read -r fault < '${fault}'
case "$fault" in
  hangs) exec sleep 600 ;;
  busy) exit 254 ;;
  slow) sleep 0.1 ;;
  lost-answer) '${program}' "$@" > /dev/null 2>&1; exec sleep 600 ;;
esac
exec '${program}' "$@"
`,
  );
  chmodSync(file, 0o755);
  return {
    file,
    set: (wanted) => writeFileSync(fault, wanted === null ? '' : `${wanted}\n`),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

// Runs one program in a process group of its own, and leaves nothing of the group behind.
import { execa } from 'execa';
import { OssiaError } from '../../errors.ts';
import type { CommandResult } from '../../plugin-sdk/device.ts';

export interface ProgramRun {
  readonly file: string;
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: string;
  readonly maxOutput: number;
  readonly signal: AbortSignal;
}

/** How the program ended, when it was not called off. */
export interface ProgramEnd extends CommandResult {
  /** Empty unless a signal ended it. */
  readonly signal: string;
}

const graceMs = 500;

/** Resolves with null when the signal went off. */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd | null> {
  if (run.signal.aborted) return null;
  const child = execa(run.file, run.args, {
    cwd: run.cwd,
    env: run.env,
    extendEnv: false,
    ...(run.stdin === '' ? { stdin: 'ignore' as const } : { input: run.stdin }),
    maxBuffer: run.maxOutput,
    stripFinalNewline: false,
    reject: false,
    cancelSignal: run.signal,
    killDescendants: true,
    forceKillAfterDelay: graceMs,
  });
  // What the program left in the background may hold its output open, and would keep us waiting until the deadline.
  child.nodeChildProcess.once('exit', () => setTimeout(() => killGroup(child.pid), graceMs).unref());
  const ended = await child;
  killGroup(child.pid);
  if (ended.isCanceled) return null;
  if (ended.isMaxBuffer)
    throw new OssiaError('nas_protocol', `The program printed more than ${run.maxOutput} bytes and was killed.`);
  const { exitCode, signal = '', stdout, stderr } = ended;
  if (exitCode === undefined && signal === '')
    throw new OssiaError(
      'profile_invalid',
      `The program ${run.file} cannot be started (${ended.code ?? ended.shortMessage}).`,
    );
  return { exitCode: exitCode ?? 128, signal, stdout, stderr };
}

/** The group outlives its leader for as long as anybody is in it; then its number is nobody's, and the kill finds nothing. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody was left.
  }
}

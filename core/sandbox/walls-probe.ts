// What a worker's process can do, tried from inside by a program that runs in its place and says what it found.
import type { Socket } from 'node:net';
import { z } from 'zod';

/** The user that owns nothing. */
export const nobody = 65_534;

const limit = z.union([z.number(), z.string()]);
const reportSchema = z.object({
  uid: z.number(),
  canGain: z.boolean(),
  connected: z.boolean(),
  interfaces: z.array(z.string()),
  openFiles: limit,
  fileSize: limit,
  coreSize: limit,
  processes: limit,
  /** It is the first process of its own numbering, and its parent has no number in that. */
  alone: z.boolean(),
  /** A descriptor that was open when it was started. */
  inherits: z.boolean(),
  /** Of those that it was told to look for. */
  files: z.array(z.string()),
  readFile: z.boolean(),
  startChild: z.boolean(),
  variables: z.array(z.string()),
});
export interface ProbeReport extends z.output<typeof reportSchema> {
  /** A program that makes machine code as it goes lived. */
  readonly runsWritten: boolean;
}

export function readProbe(text: string): z.output<typeof reportSchema> | null {
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export interface ProbeInput {
  /** Where one listens on this machine. */
  readonly port: number;
  readonly addon: string;
  /** A descriptor that was left open for it to inherit, higher than any that Node opens itself. */
  readonly stray: number;
  /** That are there, and that everybody may read. */
  readonly files: readonly string[];
}

/** Runs as CommonJS from standard input, under the worker's own flags. */
export function probeText(input: ProbeInput): string {
  return `(${probe.toString()})(${JSON.stringify(input)}, require, process);`;
}

type Require = (name: string) => Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

interface Process {
  getuid(): number;
  readonly ppid: number;
  readonly stdout: { write(text: string): void };
  dlopen(module: { readonly exports: object }, file: string): void;
  readonly env: object;
  readonly report: { getReport(): { readonly userLimits: Record<string, { readonly hard: number | string }> } };
}

// Its text is run elsewhere: it may use nothing but its arguments.
function probe({ port, addon, stray, files }: ProbeInput, require: Require, process: Process): void {
  // Without its engine a worker does not start, and so this ends without a word too.
  process.dlopen({ exports: {} }, addon);
  const works = (attempt: () => unknown): boolean => {
    try {
      attempt();
      return true;
    } catch {
      return false;
    }
  };
  // The permission model hides them all; the system's own loader goes by what is there.
  const isThere = (file: string): boolean => {
    try {
      process.dlopen({ exports: {} }, file);
      return true;
    } catch (error) {
      return !/No such file/.test(String(error));
    }
  };
  const fs = require('node:fs');
  let interfaces: string[] = [];
  // Refused by a unit's RestrictAddressFamilies: then there is no asking, and the connection alone tells.
  works(() => {
    interfaces = Object.keys(require('node:os')['networkInterfaces']?.() as object);
  });
  const { userLimits } = process.report.getReport();
  const report = {
    uid: process.getuid(),
    canGain: works(() => require('node:process')['setuid']?.(0)),
    connected: false,
    interfaces,
    openFiles: userLimits['open_files']?.hard ?? 'unknown',
    fileSize: userLimits['file_size_blocks']?.hard ?? 'unknown',
    coreSize: userLimits['core_file_size_blocks']?.hard ?? 'unknown',
    processes: userLimits['max_user_processes']?.hard ?? 'unknown',
    alone: process.ppid === 0,
    inherits: works(() => fs['fstatSync']?.(stray)),
    files: files.filter(isThere),
    readFile: works(() => fs['readFileSync']?.('/etc/hostname')) || works(() => fs['readdirSync']?.('/')),
    startChild: works(() => require('node:child_process')['spawnSync']?.('/bin/true')),
    variables: Object.keys(process.env),
  };
  const socket = require('node:net')['connect']?.({ port, host: '127.0.0.1' }) as Socket;
  const end = (connected: boolean): void => {
    socket.destroy();
    process.stdout.write(JSON.stringify({ ...report, connected }));
  };
  socket.once('connect', () => end(true));
  socket.once('error', () => end(false));
}

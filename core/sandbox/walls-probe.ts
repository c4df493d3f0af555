// What a worker's process can do, tried from inside by a program that runs in its place and says what it found.
import type { Socket } from 'node:net';
import { z } from 'zod';

/** The user that owns nothing. */
export const nobody = 65_534;

const reportSchema = z.object({
  uid: z.number(),
  canGain: z.boolean(),
  connected: z.boolean(),
  interfaces: z.array(z.string()),
  openFiles: z.union([z.number(), z.string()]),
  readFile: z.boolean(),
  startChild: z.boolean(),
  variables: z.array(z.string()),
});
export type ProbeReport = z.output<typeof reportSchema>;

export function readProbe(text: string): ProbeReport | null {
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Runs as CommonJS from standard input, under the worker's own flags. */
export function probeText(port: number, addon: string): string {
  const given = `${port}, ${JSON.stringify(addon)}, require, process`;
  return `(${probe.toString()})(${given}, (text) => process.stdout.write(text));`;
}

type Require = (name: string) => Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

interface Process {
  getuid(): number;
  dlopen(module: { readonly exports: object }, file: string): void;
  readonly env: object;
  readonly report: { getReport(): { readonly userLimits: Record<string, { readonly hard: number | string }> } };
}

// Its text is run elsewhere: it may use nothing but its arguments.
function probe(port: number, addon: string, require: Require, process: Process, say: (text: string) => void): void {
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
  const fs = require('node:fs');
  const report = {
    uid: process.getuid(),
    canGain: works(() => require('node:process')['setuid']?.(0)),
    connected: false,
    interfaces: Object.keys(require('node:os')['networkInterfaces']?.() as object),
    openFiles: process.report.getReport().userLimits['open_files']?.hard ?? 'unknown',
    readFile: works(() => fs['readFileSync']?.('/etc/hostname')) || works(() => fs['readdirSync']?.('/')),
    startChild: works(() => require('node:child_process')['spawnSync']?.('/bin/true')),
    variables: Object.keys(process.env),
  };
  const socket = require('node:net')['connect']?.({ port, host: '127.0.0.1' }) as Socket;
  const end = (connected: boolean): void => {
    socket.destroy();
    say(JSON.stringify({ ...report, connected }));
  };
  socket.once('connect', () => end(true));
  socket.once('error', () => end(false));
}

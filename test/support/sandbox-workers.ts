// Finds the sandbox workers that this process has started, as the system sees them.
import { readdirSync, readFileSync } from 'node:fs';

export const workerPids = (): number[] => childrenOf(process.pid).filter(isWorker);

/** And their children: behind the walls there is one that waits between the daemon and the worker. */
export function childrenOf(ancestor: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(pids.map((pid) => [Number(pid), parentOf(Number(pid))]));
  const below = (pid: number): number[] =>
    [...parents].flatMap(([child, parent]) => (parent === pid ? [child, ...below(child)] : []));
  return below(ancestor);
}

function isWorker(pid: number): boolean {
  const [program, ...args] = readProc(pid, 'cmdline').split('\0');
  return program === process.execPath && args.includes('--jitless');
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readProc(pid, 'status'))?.[1] ?? 0);
}

export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1] ?? 0) / 1024;
}

/** How long it was ready to run and the machine was busy with others. */
export function waitedForCpuMs(pid: number): number {
  return Number(readProc(pid, 'schedstat').split(' ')[1] ?? 0) / 1e6;
}

export function environmentOf(pid: number): string {
  return readProc(pid, 'environ');
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

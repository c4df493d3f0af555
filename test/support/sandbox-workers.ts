// Finds the sandbox workers that this process has started, as the system sees them.
import { readdirSync, readFileSync } from 'node:fs';

export function workerPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const parent = /^PPid:\s+(\d+)$/m.exec(readProc(pid, 'status'))?.[1];
      return Number(parent) === process.pid && readProc(pid, 'cmdline').includes('--jitless');
    });
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

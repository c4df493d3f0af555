// What a process uses, from Linux' own account of it; null where there is none.
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  readonly residentBytes: number;
  /** Milliseconds of CPU since its start, in steps of ten. */
  readonly cpuMs: number;
  /** It sleeps or is stopped, rather than computing or being in the queue for a CPU or its memory. */
  readonly isAsleep: boolean;
}

const pageBytes = 4096;
const tickMs = 10;

/** Of the process, or of the one that it waits for: what starts a worker behind its walls stays in front of it. */
export async function usageOf(pid: number): Promise<ProcessUsage | null> {
  try {
    const text = await readFile(`/proc/${await innermost(pid)}/stat`, 'latin1');
    // The name in brackets may hold spaces; what follows it begins with the third field.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const numberAt = (field: number): number => Number(fields[field - 3]);
    return {
      residentBytes: numberAt(24) * pageBytes,
      cpuMs: (numberAt(14) + numberAt(15)) * tickMs,
      isAsleep: fields[0] === 'S' || fields[0] === 'T',
    };
  } catch {
    return null;
  }
}

async function innermost(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  const first = Number.parseInt(children, 10);
  return first > 0 ? innermost(first) : pid;
}

// Runs programs as if their disk were slow: their syncs take so long, and each is known with its begin and end.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SlowDisk {
  /** Environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** Nanoseconds of the machine's steady clock, as `process.hrtime.bigint()` has them. */
  syncs(): readonly Sync[];
}

export interface Sync {
  readonly kind: 'log' | 'database';
  readonly began: bigint;
  readonly ended: bigint;
}

export function buildSlowDisk(directory: string, ms: number): SlowDisk {
  const source = new URL('./slow-disk.c', import.meta.url).pathname;
  const library = join(directory, 'slow-disk.so');
  const log = join(directory, 'syncs');
  const { status, stderr } = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
  return {
    env: { LD_PRELOAD: library, SLOW_DISK_MS: String(ms), SLOW_DISK_LOG: log },
    syncs() {
      if (!existsSync(log)) return [];
      return readFileSync(log, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => {
          const [kind, began = '0', ended = '0'] = line.split(' ');
          return { kind: kind === 'log' ? 'log' : 'database', began: BigInt(began), ended: BigInt(ended) };
        });
    },
  };
}

// Looks after one worker: asks it for a sign of life, and has it killed when it hangs or swells.
import { limits } from './limits.ts';
import { type ProcessUsage, usageOf } from './process-usage.ts';

/** Why a worker that hangs is killed. */
export const silent = 'it does not answer';

export interface WorkerWatch {
  /** It said something, whatever it was. */
  heard(): void;
  /** False: it was not asked that. */
  answered(ping: number): boolean;
  stop(): void;
}

interface WatchInput {
  readonly pid: number;
  /** What it may hold now. */
  readonly memoryMb: () => number;
  /** Until it is, its start has a limit of its own: behind the walls others work before it, and on a busy machine they take long. */
  readonly isReady: () => boolean;
  /** The longest that it may compute now without a word. */
  readonly sliceMs: () => number;
  readonly ping: (id: number) => void;
  readonly kill: (why: string) => void;
}

export function watchWorker({ pid, memoryMb, isReady, sliceMs, ping, kill }: WatchInput): WorkerWatch {
  let heardAt = Date.now();
  let tickAt = Date.now();
  let asked = 0;
  let answered = 0;
  let cpuAtPing = 0;

  const timer = setInterval(() => {
    const now = Date.now();
    // When this process itself was held up, what the worker said may still lie in the pipe.
    const late = now - tickAt > limits.heartbeatMs * 3;
    tickAt = now;
    usageOf(pid).then((usage) => {
      if (usage) judge(usage, late);
    });
  }, limits.heartbeatMs);

  function judge(usage: ProcessUsage, late: boolean): void {
    const most = memoryMb();
    if (usage.residentBytes > most * 1024 * 1024) kill(`it uses more than ${most} MB`);
    else if (!isReady()) return;
    else if (asked === answered) ask(usage);
    else if (!late && isHanging(usage)) kill(silent);
  }

  function ask({ cpuMs }: ProcessUsage): void {
    asked += 1;
    heardAt = Date.now();
    cpuAtPing = cpuMs;
    ping(asked);
  }

  function isHanging({ cpuMs, isAsleep }: ProcessUsage): boolean {
    const silentMs = Date.now() - heardAt;
    if (silentMs < limits.silenceMs) return false;
    // It speaks after every slice. On a machine with too much to do it may be silent for long and yet have computed little.
    const spentMs = cpuMs - cpuAtPing;
    return isAsleep || spentMs > sliceMs() + limits.sliceGraceMs || silentMs > 5 * (limits.silenceMs + sliceMs());
  }

  return {
    heard() {
      heardAt = Date.now();
    },
    answered(id) {
      if (id > asked || id <= answered) return false;
      answered = id;
      return true;
    },
    stop: () => clearInterval(timer),
  };
}

// A place for one worker process: there is always one in it, or one on its way.
import type { WorkerProcess } from './worker-process.ts';

export interface WorkerSlot {
  worker(): WorkerProcess;
  close(): Promise<void>;
}

interface SlotInput {
  readonly start: () => WorkerProcess;
  readonly onRestart: () => void;
}

const shortLifeMs = 1000;
const longestPauseMs = 1000;

export function openWorkerSlot({ start, onRestart }: SlotInput): WorkerSlot {
  let current = start();
  let startedAt = Date.now();
  let shortLives = 0;
  let notBefore = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const ending = new Set<Promise<string>>();
  watch(current);

  function watch(worker: WorkerProcess): void {
    ending.add(worker.ended);
    worker.ended.then(() => {
      ending.delete(worker.ended);
      if (worker !== current || closed) return;
      setPause();
      timer = setTimeout(replace, Math.max(0, notBefore - Date.now()));
    });
  }

  /** The first death costs nothing; a worker that cannot live is not started over and over. */
  function setPause(): void {
    shortLives = Date.now() - startedAt < shortLifeMs ? shortLives + 1 : 0;
    if (shortLives > 1) notBefore = Date.now() + Math.min(longestPauseMs, 50 * 2 ** shortLives);
  }

  function replace(): void {
    if (closed) return;
    clearTimeout(timer);
    onRestart();
    startedAt = Date.now();
    current = start();
    watch(current);
  }

  return {
    worker() {
      if (!current.isAlive() && Date.now() >= notBefore) replace();
      return current;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      current.kill('the sandbox closes');
      await Promise.all(ending);
    },
  };
}

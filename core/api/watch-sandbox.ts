// What /metrics says of the sandbox: its workers, and what each plugin uses, over all of its boxes; `ossia nas show` has it for one box.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { SandboxStats, SandboxUsage } from '../sandbox/sandbox.ts';

const seconds = (ms: number): number => ms / 1_000;

export function watchSandbox(registry: Registry, stats: () => SandboxStats): void {
  const registers = [registry];

  function gauge(name: string, help: string, read: (now: SandboxStats) => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(stats()));
      },
    });
  }

  /** What only grows, and goes on when a profile is loaded anew. */
  function total(name: string, help: string, read: (usage: SandboxUsage) => number): void {
    new Counter({
      name,
      help,
      labelNames: ['plugin'],
      registers,
      collect() {
        this.reset();
        for (const [plugin, usage] of stats().plugins) this.inc({ plugin }, read(usage));
      },
    });
  }

  gauge('ossia_sandbox_workers', 'Worker processes of the sandbox.', ({ workers }) => workers);
  gauge('ossia_sandbox_guests', 'Programs that are loaded.', ({ guests }) => guests);
  gauge('ossia_sandbox_worker_restarts', 'Workers replaced since the start.', ({ workerRestarts }) => workerRestarts);
  gauge('ossia_sandbox_recycled', 'Isolates replaced by fresh ones since the start.', ({ recycled }) => recycled);
  total('ossia_plugin_runs_total', 'Runs of functions of a plugin.', ({ runs }) => runs);
  total('ossia_plugin_calls_total', 'Calls that its runs made to boxes.', ({ calls }) => calls);
  total('ossia_plugin_run_seconds_total', 'How long its runs took, mostly waiting.', ({ runMs }) => seconds(runMs));
  total('ossia_plugin_cpu_seconds_total', 'CPU time that it used.', ({ cpuMs }) => seconds(cpuMs));
  new Gauge({
    name: 'ossia_plugin_memory_bytes',
    help: 'What its isolates hold.',
    labelNames: ['plugin'],
    registers,
    collect() {
      this.reset();
      for (const [plugin, { memoryBytes }] of stats().plugins) this.set({ plugin }, memoryBytes);
    },
  });
}

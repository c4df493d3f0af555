// Counts what programs use, for each box and for each plugin: a program that is loaded anew goes on where the one before it stopped.
import type { Program, SandboxUsage } from './sandbox.ts';

/** One open program's. */
export interface UsageMeter {
  ran(ms: number): void;
  called(): void;
  computed(ms: number): void;
  /** What one of its isolates holds now; there are two while one takes the place of the other. */
  holds(isolate: number, bytes: number): void;
  close(): void;
}

export interface Usages {
  open(owner: Program['owner']): UsageMeter;
  ofNas(nas: string): SandboxUsage | null;
  byPlugin(): ReadonlyMap<string, SandboxUsage>;
}

type Count = { -readonly [Key in keyof SandboxUsage]: SandboxUsage[Key] };

export function createUsages(): Usages {
  const byNas = new Map<string, { readonly count: Count; open: number }>();
  const byPlugin = new Map<string, Count>();

  function countsOf({ nas, plugin }: NonNullable<Program['owner']>): readonly Count[] {
    const one = byNas.get(nas) ?? { count: nothing(), open: 0 };
    one.open += 1;
    byNas.set(nas, one);
    const all = byPlugin.get(plugin) ?? nothing();
    byPlugin.set(plugin, all);
    return [one.count, all];
  }

  function leave(nas: string): void {
    const one = byNas.get(nas);
    if (!one) return;
    one.open -= 1;
    if (one.open === 0) byNas.delete(nas);
  }

  return {
    open(owner) {
      const counts = owner ? countsOf(owner) : [];
      const held = new Map<number, number>();

      function add(key: keyof Count, more: number): void {
        for (const count of counts) count[key] += more;
      }

      return {
        ran(ms) {
          add('runs', 1);
          add('runMs', ms);
        },
        called: () => add('calls', 1),
        computed: (ms) => add('cpuMs', ms),
        holds(isolate, bytes) {
          add('memoryBytes', bytes - (held.get(isolate) ?? 0));
          if (bytes > 0) held.set(isolate, bytes);
          else held.delete(isolate);
        },
        close() {
          for (const bytes of held.values()) add('memoryBytes', -bytes);
          held.clear();
          if (owner) leave(owner.nas);
        },
      };
    },
    ofNas: (nas) => byNas.get(nas)?.count ?? null,
    byPlugin: () => byPlugin,
  };
}

function nothing(): Count {
  return { runs: 0, calls: 0, runMs: 0, cpuMs: 0, memoryBytes: 0 };
}

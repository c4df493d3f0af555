// One isolate with the prelude and a plugin in it; everything that runs inside is entered here, under a CPU limit.
import type IsolatedVm from 'isolated-vm';
import { deviceText } from '../device-text.ts';
import type { Emit, PreludeLimits } from '../guest/prelude.ts';
import { limits as fixed } from '../limits.ts';
import type { BesidesHooks, GuestLimits } from '../sandbox.ts';
import type { ToGuest } from '../to-guest.ts';
import { type Fault, ownCalls, type ToHost } from '../to-host.ts';
import { createQuestions } from './ask.ts';

export interface WorkerIsolate {
  /** Runs guest code until it waits. A fault means that the isolate is not to be used again. */
  enter(message: ToGuest & { type: 'run' | 'answer' | 'abandon' }): Fault | null;
  /** CPU milliseconds since the last time. */
  takeCpuMs(): number;
  /** Milliseconds of CPU in long steps since the last time. */
  takeLongMs(): number;
  heapBytes(): number;
  dispose(): void;
}

export type Opened =
  | {
      readonly ok: true;
      readonly isolate: WorkerIsolate;
      readonly hooks: string[];
      readonly besides: BesidesHooks[];
    }
  | { readonly ok: false; readonly starved: boolean; readonly message: string; readonly stack: string };

interface OpenInput {
  readonly ivm: typeof IsolatedVm;
  readonly prelude: string;
  readonly guest: number;
  readonly source: string;
  readonly device: Readonly<Record<string, readonly string[]>>;
  readonly streams: readonly string[];
  readonly limits: GuestLimits;
  readonly say: (message: ToHost) => void;
}

export function openIsolate({ ivm, prelude, guest, source, device, streams, limits, say }: OpenInput): Opened {
  // No onCatastrophicError: it would be waited for on this very thread, which then sleeps for ever; without it the process aborts.
  const isolate = new ivm.Isolate({ memoryLimit: limits.memoryMb });
  const tally = new Map<number, { calls: number; lines: number; parts: number }>();
  const handles: { release(): void }[] = [];
  const questions = createQuestions(limits.cpuMs);
  let overLimit = false;
  let cpuSeen = 0n;
  let longMs = 0;

  // The prelude keeps these limits too; here they hold even when a plugin got around it.
  const emit: Emit = (type, run, call, a, b, c) => {
    const made = tally.get(run);
    if (!made) return;
    if (type === 'call') {
      if (a === ownCalls) made.parts += 1;
      else made.calls += 1;
      if (made.calls > limits.maxCalls || made.parts > fixed.parts || c.length > limits.maxCallBytes) overLimit = true;
      else say({ type, guest, run, call, transport: a, method: b, args: c });
    } else if (type === 'log') {
      made.lines += 1;
      if (made.lines > limits.maxLogLines + 1 || a.length > fixed.logLineChars) overLimit = true;
      else say({ type, guest, run, line: a });
    } else {
      tally.delete(run);
      if (a.length > fixed.answerBytes + 100) overLimit = true;
      else say({ type, guest, run, result: a });
    }
  };

  const dispose = (): void => {
    for (const handle of handles) handle.release();
    if (!isolate.isDisposed) isolate.dispose();
  };

  const loadTimeout = { timeout: Math.max(limits.cpuMs, fixed.loadCpuMs) };
  const openedAt = performance.now();
  try {
    const context = isolate.createContextSync();
    handles.push(context);
    const inner: PreludeLimits = { ...limits, ...fixed };
    const inside = context.evalClosureSync(
      `${prelude}\nreturn prelude.open($0, ${deviceText({ device, streams })}, $1, $2);`,
      [
        new ivm.Callback(emit, { sync: true }),
        JSON.stringify(inner),
        new ivm.Callback(questions.answer, { sync: true }),
      ],
      { filename: 'ossia:prelude', result: { reference: true } },
    );
    const method = (name: string): IsolatedVm.Reference => {
      const reference = inside.getSync(name, { reference: true });
      handles.push(reference);
      return reference;
    };
    const [start, answer, abandon, isOpen] = [method('start'), method('answer'), method('abandon'), method('isOpen')];

    const script = isolate.compileScriptSync(source, { filename: 'file:///plugin.js' });
    script.runSync(context, { ...loadTimeout, release: true });
    script.release();
    const offer = JSON.parse(String(method('adopt').applySync(undefined, [], loadTimeout)));
    inside.release();
    const names: string[] = offer.hooks ?? [];
    if (names.length > fixed.hooks || names.some((name) => name.length > fixed.hookChars))
      offer.wrong = `It offers more than ${fixed.hooks} hooks, or names of more than ${fixed.hookChars} characters.`;
    if (typeof offer.wrong === 'string') {
      dispose();
      return { ok: false, starved: false, message: offer.wrong, stack: '' };
    }

    // The engine's limit counts time on the wall; on a busy machine that is much more than the plugin's own.
    const wallMs = limits.cpuMs * fixed.wallPerCpu;
    const timeout = { timeout: wallMs };
    const apply = (message: ToGuest & { type: 'run' | 'answer' | 'abandon' }): void => {
      const { run } = message;
      questions.begin();
      if (message.type === 'run') {
        tally.set(run, { calls: 0, lines: 0, parts: 0 });
        start.applySync(undefined, [run, message.hook, message.input], timeout);
      } else if (message.type === 'answer') {
        answer.applySync(undefined, [run, message.call, message.ok, message.json], timeout);
      } else {
        tally.delete(run);
        abandon.applySync(undefined, [run, message.json], timeout);
        const settled = isOpen.applySync(undefined, [run], timeout) !== true;
        say({ type: 'abandoned', guest, run, settled });
      }
    };

    return {
      ok: true,
      hooks: offer.hooks,
      besides: offer.besides,
      isolate: {
        enter(message) {
          const cpuBefore = isolate.cpuTime;
          const enteredAt = performance.now();
          timeout.timeout = wallMs + Math.ceil(fixed.sliceStepMs - (enteredAt % fixed.sliceStepMs));
          try {
            apply(message);
          } catch {
            if (isolate.isDisposed) return 'memory';
            const usedMs = Number(isolate.cpuTime - cpuBefore) / 1e6;
            if (usedMs >= limits.cpuMs / 2) return 'cpu';
            return performance.now() - enteredAt >= wallMs ? 'starved' : 'broken';
          }
          if (performance.now() - enteredAt >= fixed.longStepMs) longMs += Number(isolate.cpuTime - cpuBefore) / 1e6;
          return overLimit ? 'limit' : null;
        },
        takeLongMs() {
          const spent = Math.round(longMs);
          longMs = 0;
          return spent;
        },
        takeCpuMs() {
          const cpu = isolate.cpuTime;
          const spent = cpu - cpuSeen;
          cpuSeen = cpu;
          return Math.round(Number(spent) / 1000) / 1000;
        },
        heapBytes() {
          const { used_heap_size: used, externally_allocated_size: external } = isolate.getHeapStatisticsSync();
          return Math.max(0, used + external);
        },
        dispose,
      },
    };
  } catch (error) {
    const message = isolate.isDisposed ? `It needs more than ${limits.memoryMb} MB to load.` : String(error);
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    const usedMs = isolate.isDisposed ? Number.POSITIVE_INFINITY : Number(isolate.cpuTime) / 1e6;
    const starved = performance.now() - openedAt >= loadTimeout.timeout && usedMs < loadTimeout.timeout / 2;
    dispose();
    return {
      ok: false,
      starved,
      message: message.slice(0, fixed.messageChars),
      stack: stack.slice(0, fixed.stackChars),
    };
  }
}

// A sandbox without walls: the plugin is imported by this Node, so that breakpoints and line numbers are the author's own; all else is the real thing.
import { runInThisContext } from 'node:vm';
import { OssiaError } from '../errors.ts';
import { deviceText, type MakeDevice } from '../sandbox/device-text.ts';
import { openGuestSide } from '../sandbox/guest/prelude.ts';
import { limits } from '../sandbox/limits.ts';
import { createRun, type Run } from '../sandbox/run.ts';
import type { BesidesHooks, Guest, GuestCall, GuestResult, Program, Sandbox } from '../sandbox/sandbox.ts';

interface Offer {
  readonly hooks: readonly string[];
  readonly besides: readonly BesidesHooks[];
}

/** `importPlugin` gives the module of `plugin.ts`; what a program's text says is not looked at. */
export function inProcessSandbox(importPlugin: () => Promise<{ readonly default?: unknown }>): Sandbox {
  let guests = 0;
  return {
    async load(program) {
      const module = await importPlugin();
      guests += 1;
      return openGuest({ program, definition: module.default, onClose: () => (guests -= 1) });
    },
    stats: () => ({ workers: 0, guests, workerRestarts: 0, recycled: 0, plugins: new Map() }),
    usageOf: () => null,
    close: async () => undefined,
  };
}

interface GuestInput {
  readonly program: Program;
  readonly definition: unknown;
  readonly onClose: () => void;
}

function openGuest({ program: given, definition, onClose }: GuestInput): Guest {
  // Its stacks are of the author's files already.
  const program = { ...given, sourceMap: '' };
  const runs = new Map<number, Run>();
  /** Where runs that threw did so; no map leads from there to the author's lines, which they are already. */
  const stacks = new Map<number, string>();
  let lastRun = 0;

  const side = openGuestSide(
    (type, run, call, a, b, c) => {
      if (type === 'ended') stacks.set(run, ownFrames(a));
      const taken = runs.get(run)?.take(messageOf({ type, run, call, a, b, c }));
      if (taken === 'over limit') runs.get(run)?.fail(new OssiaError('call_limit', 'It calls more than it may.'));
    },
    runInThisContext(deviceText(program)) as MakeDevice,
    JSON.stringify({ ...program.limits, ...limits, parts: limits.parts }),
  );
  const offer = JSON.parse(side.adopt(definition)) as Offer & { readonly wrong?: string };
  if (offer.wrong !== undefined)
    throw new OssiaError('plugin_invalid', `${program.name} does not load: ${offer.wrong}`);

  function run(call: GuestCall): Promise<GuestResult> {
    const id = ++lastRun;
    const { promise, resolve } = Promise.withResolvers<GuestResult>();
    const started = createRun({
      program,
      call,
      answer: ({ call: number, ok, json }) => side.answer(id, number, ok, json),
      abandon: (json) => side.abandon(id, json),
      onEnd(result) {
        const stack = stacks.get(id) ?? '';
        runs.delete(id);
        stacks.delete(id);
        resolve(result.type === 'failed' && stack !== '' ? { ...result, stack } : result);
      },
    });
    if (started === null) return promise;
    runs.set(id, started);
    side.start(id, call.hook, JSON.stringify(call.input));
    return promise;
  }

  return {
    hooks: new Set(offer.hooks),
    besides: new Set(offer.besides),
    run,
    async close() {
      for (const one of [...runs.values()]) one.fail(new OssiaError('aborted', `${program.name} was unloaded.`));
      onClose();
    },
  };
}

/** Of the stack in the end of a run, without what stands around the plugin. */
function ownFrames(end: string): string {
  const { stack = '' } = JSON.parse(end) as { readonly stack?: string };
  const lines = stack.split('\n');
  const around = lines.findIndex((line) => line.includes('/core/sandbox/'));
  return lines.slice(0, around < 0 ? undefined : around).join('\n');
}

interface Emitted {
  readonly type: 'call' | 'log' | 'ended';
  readonly run: number;
  readonly call: number;
  readonly a: string;
  readonly b: string;
  readonly c: string;
}

function messageOf({ type, run, call, a, b, c }: Emitted): Parameters<Run['take']>[0] {
  const where = { guest: 0, run };
  if (type === 'call') return { type, ...where, call, transport: a, method: b, args: c };
  return type === 'log' ? { type, ...where, line: a } : { type, ...where, result: a };
}

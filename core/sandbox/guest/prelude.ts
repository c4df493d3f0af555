// Runs in every isolate before its plugin: gives it `device` and `log`, and turns all that it does into texts for the worker.
import type { MakeDevice } from '../device-text.ts';
import { type BesidesHooks, besidesHooks } from '../sandbox.ts';
import type { HostError } from '../to-guest.ts';
import { ownCalls } from '../to-host.ts';
import type { AskWorker } from './crypto.ts';
import { describeReturned, describeThrown } from './describe-end.ts';
import { freezeIntrinsics } from './freeze.ts';
import { limitError, markHostError } from './host-errors.ts';
import { type Ask, gathered, handOver, isIterable, iterateOver } from './in-parts.ts';
import { defineLazyGlobals } from './lazy-globals.ts';
import { shimConsole, textOf } from './shim-console.ts';

/** Says one thing to the worker, by position: `call` and the texts are empty where they do not apply. */
export type Emit = (type: 'call' | 'log' | 'ended', run: number, call: number, a: string, b: string, c: string) => void;

export interface PreludeLimits {
  readonly maxCalls: number;
  readonly maxCallBytes: number;
  readonly maxLogLines: number;
  readonly pendingCalls: number;
  readonly answerBytes: number;
  readonly rowsPerCall: number;
  readonly parts: number;
  readonly logLineChars: number;
}

interface Answer {
  readonly ok: boolean;
  readonly json: string;
}

interface Run {
  readonly id: number;
  readonly pending: Map<number, (answer: Answer) => void>;
  /** Numbers the calls of every kind. */
  sent: number;
  calls: number;
  parts: number;
  lines: number;
  /** Set when the host has answered in the guest's place. */
  abandoned: Answer | null;
}

type Definition = {
  readonly hooks: Record<string, (input: unknown, device: unknown) => unknown>;
} & { [name in BesidesHooks]?: ((device: unknown, input: unknown) => unknown) | undefined };

const { parse, stringify } = JSON;
const { freeze } = Object;

/** For an isolate: takes the globals in hand, then waits for what the bundle leaves in one of them. */
export function open(emit: Emit, makeDevice: MakeDevice, limitsJson: string, askWorker: AskWorker) {
  const side = openGuestSide(emit, makeDevice, limitsJson);
  shimConsole(side.logLine);
  // Where the SDK looks for it; without an isolate there are other timers.
  Object.defineProperty(globalThis, Symbol.for('ossia.sleep'), { value: freeze(side.sleep) });
  freezeIntrinsics();
  defineLazyGlobals(askWorker);
  return {
    ...side,
    /** Takes over what the bundle has defined. Returns a JSON text: what it offers, or why it is no plugin. */
    adopt(): string {
      const found = Reflect.get(globalThis, 'ossiaPlugin')?.default;
      Reflect.set(globalThis, 'ossiaPlugin', undefined);
      freeze(globalThis);
      return side.adopt(found);
    },
  };
}

/** The plugin's side of every run; touches no global, so that it is the same where the plugin is not shut in. */
export function openGuestSide(emit: Emit, makeDevice: MakeDevice, limitsJson: string) {
  const limits = parse(limitsJson) as PreludeLimits;
  const runs = new Map<number, Run>();
  let current: Run | null = null;
  let definition: Definition = { hooks: {} };

  function log(run: Run, line: string): void {
    run.lines += 1;
    if (run.abandoned || run.lines > limits.maxLogLines + 1) return;
    const text = run.lines > limits.maxLogLines ? `(no more than ${limits.maxLogLines} lines are kept)` : line;
    emit('log', run.id, 0, text.slice(0, limits.logLineChars), '', '');
  }

  function request(run: Run, transport: string, method: string, args: unknown[]): Promise<Answer> {
    if (run.abandoned) return Promise.resolve(run.abandoned);
    // Parts of lists and of answers have a limit of their own: a large box has many.
    const isPart = transport === ownCalls;
    if (!isPart && run.calls >= limits.maxCalls)
      throw limitError(`More than ${limits.maxCalls} host calls in one run.`);
    if (isPart && run.parts >= limits.parts) throw limitError(`More than ${limits.parts} parts in one run.`);
    if (run.pending.size >= limits.pendingCalls) {
      throw limitError(`More than ${limits.pendingCalls} host calls at once: await some before making more.`);
    }
    const json = argumentsJson(args);
    if (json.length > limits.maxCallBytes) {
      const what = isPart
        ? `A list of ${limits.rowsPerCall} rows is`
        : `The arguments of device.${transport}.${method} are`;
      throw limitError(`${what} larger than ${limits.maxCallBytes} bytes.`);
    }
    if (isPart) run.parts += 1;
    else run.calls += 1;
    const call = ++run.sent;
    emit('call', run.id, call, transport, method, json);
    return new Promise((resolve) => run.pending.set(call, resolve));
  }

  function askerOf(run: Run): Ask {
    // The error is made after the wait, where the stack still leads through the plugin's own awaits.
    return async (transport, method, args) => {
      const asked = request(run, transport, method, args);
      const call = run.sent;
      const answer = await asked;
      if (answer.ok) return parse(answer.json);
      throw hostError(answer.json, call);
    };
  }

  function deviceOf(ask: Ask): object {
    return makeDevice(ask, (...asked) => iterateOver(ask, () => ask(...asked)), freeze);
  }

  /** Never rejects. */
  async function perform(run: Run, hook: string, inputJson: string): Promise<void> {
    let result: string;
    try {
      const input = parse(inputJson);
      input.log = (line: unknown) => log(run, textOf(line));
      freeze(input);
      const ask = askerOf(run);
      const value = await called(hook, input, deviceOf(ask));
      const isList = hook === 'listSessions' || hook === 'listUsers';
      result = isList
        ? describeReturned(await handOver(value, ask, limits.rowsPerCall), limits.answerBytes)
        : describeReturned(isIterable(value) ? await gathered(value, limits.answerBytes) : value, limits.answerBytes);
    } catch (thrown) {
      result = describeThrown(thrown);
    }
    end(run, result);
  }

  function called(hook: string, input: unknown, device: object): unknown {
    const besides = besidesHooks.find((name) => name === hook);
    if (besides !== undefined) return definition[besides]?.(device, input);
    return definition.hooks[hook === 'listUsers' ? 'users_from_nas' : hook]?.(input, device);
  }

  function end(run: Run, result: string): void {
    runs.delete(run.id);
    if (!run.abandoned) emit('ended', run.id, 0, result, '', '');
  }

  return {
    /** What was written to `console` belongs to the run that is on. */
    logLine(line: string): void {
      if (current) log(current, line);
    },

    async sleep(ms: unknown): Promise<void> {
      if (!current) throw new Error('There is no run to sleep in: call it in a hook.');
      await askerOf(current)(ownCalls, 'sleep', [ms]);
    },

    adopt(found: unknown): string {
      const wrong = wrongWith(found);
      if (wrong) return stringify({ wrong });
      const given = found as Definition;
      const hooks = Object.create(null);
      for (const name of Object.keys(given.hooks)) hooks[name] = given.hooks[name];
      const besides = besidesHooks.filter((name) => given[name] !== undefined);
      definition = { hooks };
      for (const name of besides) definition[name] = given[name]?.bind(given);
      return stringify({ hooks: Object.keys(hooks), besides });
    },

    start(id: number, hook: string, inputJson: string): void {
      const run: Run = { id, pending: new Map(), sent: 0, calls: 0, parts: 0, lines: 0, abandoned: null };
      runs.set(id, run);
      current = run;
      perform(run, hook, inputJson);
    },

    answer(id: number, call: number, ok: boolean, json: string): void {
      const run = runs.get(id);
      const resolve = run?.pending.get(call);
      if (!run || !resolve) return;
      run.pending.delete(call);
      current = run;
      resolve({ ok, json });
    },

    abandon(id: number, json: string): void {
      const run = runs.get(id);
      if (!run) return;
      run.abandoned = { ok: false, json };
      current = run;
      for (const resolve of run.pending.values()) resolve(run.abandoned);
      run.pending.clear();
    },

    isOpen: (id: number): boolean => runs.has(id),
  };
}

/** Leaves out what is `undefined`, so that an option in the middle that was not given does not become `null`. */
function argumentsJson(args: unknown[]): string {
  return args.includes(undefined) ? stringify({ ...args, length: args.length }) : stringify(args);
}

function hostError(json: string, call: number): Error {
  const { message, said, ...rest } = parse(json) as HostError;
  const error = Object.assign(new Error(message), rest, said === undefined ? {} : { said });
  error.name = 'DeviceError';
  return markHostError(error, { call });
}

function wrongWith(found: unknown): string {
  if (typeof found !== 'object' || found === null) return 'plugin.ts has no default export made by definePlugin().';
  const { hooks } = found as Partial<Definition>;
  if (typeof hooks !== 'object' || hooks === null) return 'The definition has no `hooks` object.';
  const odd = Object.keys(hooks).find((name) => typeof hooks[name] !== 'function');
  if (odd !== undefined) return `hooks.${odd} is not a function.`;
  const wrong = besidesHooks.find((name) => {
    const given = (found as Partial<Definition>)[name];
    return given !== undefined && typeof given !== 'function';
  });
  return wrong === undefined ? '' : `\`${wrong}\` is not a function.`;
}

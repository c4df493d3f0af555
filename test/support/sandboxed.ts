// Small programs and calls for tests of the real sandbox.
import type { GuestCall, Program } from '#core/sandbox/sandbox.ts';

/** A program whose hooks are written as the body of an object literal: `async user_add({ log }, device) { ... }`. */
export function programOf(hooks: string, overrides: Partial<Program> & { readonly before?: string } = {}): Program {
  const { before = '', ...rest } = overrides;
  return {
    name: 'acme@1.0.0#test',
    source: `${before}\nvar ossiaPlugin = { default: { hooks: { ${hooks} } } };`,
    sourceMap: '',
    device: { coa: ['coa', 'disconnect'] },
    streams: [],
    limits: { memoryMb: 32, cpuMs: 200, maxCalls: 50, maxCallBytes: 100_000, maxLogLines: 20 },
    ...rest,
  };
}

export function callOf(hook: string, overrides: Partial<GuestCall> & { readonly withinMs?: number } = {}): GuestCall {
  const { withinMs = 5000, ...rest } = overrides;
  return {
    hook,
    input: { account: { user_id: '1001', login: 'алиса' }, options: {}, hook, attempt: 1, token: 't', dryRun: false },
    deadline: Date.now() + withinMs,
    signal: new AbortController().signal,
    onCall: async () => ({ code: 'CoA-ACK', attributes: {} }),
    onLog: () => {},
    ...rest,
  };
}

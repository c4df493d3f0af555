// Calls a transport as the plugin host does: arguments through the method's schema, a deadline, exchanges collected.
import type { Exchange } from '#core/model/outcome.ts';
import type { Transport, TransportDefinition } from '#core/transport/transport.ts';

export interface TransportCaller {
  /** Typed by the caller, who knows the method. */
  call<Result>(method: string, ...args: readonly unknown[]): Promise<Result>;
  callWithin<Result>(timeoutMs: number, method: string, ...args: readonly unknown[]): Promise<Result>;
  callUntil<Result>(signal: AbortSignal, method: string, ...args: readonly unknown[]): Promise<Result>;
  /** For methods that answer in parts. */
  partsUntil<Part>(signal: AbortSignal, method: string, ...args: readonly unknown[]): AsyncIterator<Part, void>;
  describe(method: string, ...args: readonly unknown[]): string;
  readonly exchanges: readonly Omit<Exchange, 'at' | 'via'>[];
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** `section` is the profile's section, as written there. */
export function connectTransport<Config>(definition: TransportDefinition<Config>, section: unknown): TransportCaller {
  const exchanges: Omit<Exchange, 'at' | 'via'>[] = [];
  const logged: string[] = [];
  const log = (_level: string, message: string) => logged.push(message);
  const transport: Transport = definition.connect(definition.config.parse(section), { nas: 'test-nas', log });

  function parsed(method: string, args: readonly unknown[]): readonly unknown[] {
    const known = definition.methods[method];
    if (!known) throw new Error(`${definition.name} has no method ${method}`);
    return known.args.parse(args);
  }
  const contextOf = (signal: AbortSignal, timeoutMs: number) => ({
    signal,
    deadline: Date.now() + timeoutMs,
    record: (one: (typeof exchanges)[0]) => exchanges.push(one),
  });
  async function run<Result>({ method, args, signal, timeoutMs }: Run): Promise<Result> {
    return (await transport.call(method, parsed(method, args), contextOf(signal, timeoutMs))) as Result;
  }
  return {
    call: (method, ...args) => run({ method, args, timeoutMs: 20_000, signal: AbortSignal.timeout(20_000) }),
    callWithin: (timeoutMs, method, ...args) =>
      run({ method, args, timeoutMs, signal: AbortSignal.timeout(timeoutMs) }),
    callUntil: (signal, method, ...args) => run({ method, args, timeoutMs: 20_000, signal }),
    partsUntil<Part>(signal: AbortSignal, method: string, ...args: readonly unknown[]) {
      const parts = transport.stream?.(method, parsed(method, args), contextOf(signal, 20_000));
      if (!parts) throw new Error(`${definition.name} has nothing in parts.`);
      return parts as AsyncIterator<Part, void>;
    },
    describe: (method, ...args) => transport.describe(method, parsed(method, args)),
    exchanges,
    logged,
    close: () => transport.close(),
  };
}

interface Run {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

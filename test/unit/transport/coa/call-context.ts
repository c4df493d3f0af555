// A call's context for transport tests: a deadline, its signal, and the exchanges it recorded.
import type { CallContext } from '#core/transport/transport.ts';

export interface RecordedContext extends CallContext {
  readonly exchanges: { readonly kind: string; readonly text: string }[];
}

export function callContext(deadlineMs = 5_000, stop?: AbortSignal): RecordedContext {
  const exchanges: RecordedContext['exchanges'] = [];
  const timeout = AbortSignal.timeout(deadlineMs);
  return {
    deadline: Date.now() + deadlineMs,
    signal: stop ? AbortSignal.any([timeout, stop]) : timeout,
    exchanges,
    record: (exchange) => void exchanges.push(exchange),
  };
}

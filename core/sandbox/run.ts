// One run of one hook: its deadline, its host calls and its end, whatever the guest does.
import { OssiaError, toOssiaError } from '../errors.ts';
import { failureOf } from './failure.ts';
import { limits } from './limits.ts';
import { createNaps } from './naps.ts';
import { parseArguments, parseGuestEnd } from './parse-to-host.ts';
import type { GuestCall, GuestResult, Program } from './sandbox.ts';
import type { HostError } from './to-guest.ts';
import { ownCalls, type ToHost } from './to-host.ts';

export interface Run {
  take(message: ToHost & { type: 'call' | 'log' | 'ended' }): 'ok' | 'over limit';
  fail(error: OssiaError): void;
}

interface RunInput {
  readonly program: Program;
  readonly call: GuestCall;
  answer(answer: { readonly call: number; readonly ok: boolean; readonly json: string }): void;
  /** Called when the run ends without the guest's doing. */
  abandon(json: string): void;
  onEnd(result: GuestResult): void;
}

const longestTimer = 2 ** 31 - 1;

/** Null when it has ended before it began. */
export function createRun({ program, call, answer, abandon, onEnd }: RunInput): Run | null {
  const errors = new Map<number, OssiaError>();
  const grants = program.device;
  const naps = createNaps(call.deadline);
  let calls = 0;
  let parts = 0;
  let pending = 0;
  let lines = 0;
  let open = true;

  const left = call.deadline - Date.now();
  if (call.signal.aborted || left <= 0) {
    open = false;
    onEnd({ type: 'failed', error: call.signal.aborted ? calledOff() : tooLate() });
    return null;
  }
  const timer = setTimeout(() => giveUp(tooLate()), Math.min(left, longestTimer));
  const onAbort = (): void => giveUp(calledOff());
  call.signal.addEventListener('abort', onAbort, { once: true });

  function calledOff(): OssiaError {
    return new OssiaError('aborted', `${call.hook} was called off.`);
  }

  function tooLate(): OssiaError {
    return new OssiaError('deadline_exceeded', `${program.name} did not end ${call.hook} before its deadline.`);
  }

  function end(result: GuestResult): void {
    if (!open) return;
    open = false;
    clearTimeout(timer);
    call.signal.removeEventListener('abort', onAbort);
    naps.end();
    onEnd(result);
  }

  function giveUp(error: OssiaError): void {
    if (!open) return;
    abandon(hostErrorJson(error));
    end({ type: 'failed', error });
  }

  async function serve(request: ToHost & { type: 'call' }): Promise<void> {
    const { transport, method } = request;
    pending += 1;
    try {
      const args = parseArguments(request.args);
      if (!args) throw new OssiaError('arguments_invalid', `The arguments of ${transport}.${method} are not a list.`);
      if (transport === ownCalls) return reply(request, await serveOwn(method, args));
      if (!Object.hasOwn(grants, transport) || !grants[transport]?.includes(method)) {
        throw new OssiaError('not_granted', `${program.name} has no ${transport}.${method}.`);
      }
      reply(request, await call.onCall(transport, method, args));
    } catch (thrown) {
      const error = toOssiaError(thrown);
      if (!open) return;
      errors.set(request.call, error);
      answer({ call: request.call, ok: false, json: hostErrorJson(error) });
    } finally {
      pending -= 1;
    }
  }

  function serveOwn(method: string, [what]: readonly unknown[]): Promise<unknown> {
    if (method === 'sleep') return naps.sleep(what);
    if (method === 'next' && call.onNext && typeof what === 'number') return call.onNext(what);
    if (method === 'rows' && call.onRows) return call.onRows(what);
    throw new OssiaError('not_granted', `${call.hook} has no use for ${method}.`);
  }

  function reply({ call: number, transport, method }: ToHost & { type: 'call' }, value: unknown): void {
    const json = JSON.stringify(value ?? null);
    if (json.length > limits.answerBytes) {
      throw new OssiaError('call_limit', `The answer to ${transport}.${method} is too large for a plugin.`);
    }
    if (open) answer({ call: number, ok: true, json });
  }

  return {
    take(message) {
      if (message.type === 'call') {
        if (message.transport === ownCalls) parts += 1;
        else calls += 1;
        const tooMany = calls > program.limits.maxCalls || parts > limits.parts;
        const tooMuch = tooMany || pending >= limits.pendingCalls;
        if (tooMuch || Buffer.byteLength(message.args) > 3 * program.limits.maxCallBytes) return 'over limit';
        serve(message);
      } else if (message.type === 'log') {
        lines += 1;
        if (lines > program.limits.maxLogLines + 1 || message.line.length > limits.logLineChars) return 'over limit';
        call.onLog(message.line);
      } else {
        const ended = parseGuestEnd(message.result);
        if (!ended) return 'over limit';
        end(ended.type === 'threw' ? failureOf({ ended, errors, program }) : ended);
      }
      return 'ok';
    },
    fail: (error) => end({ type: 'failed', error }),
  };
}

function hostErrorJson(error: OssiaError): string {
  const { code, retryable, said, details } = error;
  // A bug of ours may speak of the inside of the daemon; it stands in the host's log, not in the plugin's hands.
  const message = code === 'internal' ? 'A bug in Ossia; see its log.' : error.message;
  const described: HostError = { code, retryable, message, ...(said !== undefined && { said }), details };
  return JSON.stringify(described);
}

// Runs functions of a plugin under one deadline, with the device behind it; knows who was waited for when the time was up.

import { OssiaError } from '../errors.ts';
import type { Mask } from '../model/mask.ts';
import type { Guest, GuestResult } from '../sandbox/sandbox.ts';
import type { DeviceCall, OpenDevice } from './device.ts';
import type { ExchangeRecorder } from './exchange-recorder.ts';
import { kvName } from './kv.ts';
import { maskError } from './mask-error.ts';
import { createStreams } from './streams.ts';

export interface GuestRunner {
  /** Never rejects. */
  run(name: string): Promise<GuestResult>;
  end(): void;
}

interface GuestRunnerInput {
  readonly guest: Guest;
  readonly device: OpenDevice;
  readonly input: Readonly<Record<string, unknown>>;
  /** Called off by the caller. */
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly deadline: number;
  readonly writes: DeviceCall['writes'];
  readonly mask: Mask;
  readonly recorder: ExchangeRecorder;
  /** For runs that list: takes some rows, hostile until parsed. */
  readonly onRows?: (rows: unknown) => Promise<void>;
}

/** The box's time ends a little before the plugin's, so that the plugin hears which call was not answered. */
const headStartMs = 200;
/** After this the sandbox has broken its word, and the run is reported without it. */
const graceMs = 1500;

/** Made once: an abort without a reason makes a DOMException with its stack each time. */
const overReason = new OssiaError('aborted', 'The run is over.');

export function createGuestRunner(given: GuestRunnerInput): GuestRunner {
  const { guest, device, input, signal, deadlineMs, deadline, writes, mask, recorder, onRows } = given;
  const headStart = Math.min(headStartMs, deadlineMs / 10);
  const calls = new AbortController();
  const abort = () => calls.abort(overReason);
  const timer = setTimeout(abort, deadlineMs - headStart);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  /** One for each call: two of the same name are two. */
  const waiting = new Set<{ readonly name: string }>();
  const streams = createStreams();
  let waitedForBox = false;

  function onCall(transport: string, method: string, args: readonly unknown[]): Promise<unknown> {
    const name = `${transport}.${method}`;
    const context = { signal: calls.signal, deadline: deadline - headStart, writes, recorder };
    const call = { transport, method, args, ...context };
    // The box is not asked, so nothing is said of it.
    if (transport === kvName) return device.call(call).catch((error) => Promise.reject(maskError(mask, error)));
    return ofBox(name, async () =>
      device.streams.includes(name) ? streams.open(name, device.stream(call)) : device.call(call),
    );
  }

  async function ofBox(name: string, ask: () => Promise<unknown>): Promise<unknown> {
    const call = { name };
    waiting.add(call);
    try {
      return await ask();
    } catch (error) {
      throw maskError(mask, error);
    } finally {
      if (calls.signal.aborted && !signal.aborted) waitedForBox = true;
      waiting.delete(call);
    }
  }

  async function run(name: string): Promise<GuestResult> {
    const { promise: overdue, resolve } = Promise.withResolvers<GuestResult>();
    const late = () =>
      resolve({ type: 'failed', error: new OssiaError('deadline_exceeded', 'The plugin did not stop.') });
    const watchdog = setTimeout(late, deadlineMs + graceMs);
    const onLog = (text: string) => recorder.add({ kind: 'log', via: 'plugin', text });
    try {
      const onNext = (stream: number) => ofBox(streams.nameOf(stream), () => streams.next(stream));
      const call = { hook: name, input, deadline, signal, onCall, onNext, onLog, ...(onRows && { onRows }) };
      const result = await Promise.race([guest.run(call), overdue]);
      return explained(result);
    } catch (error) {
      return { type: 'failed', error: maskError(mask, error) };
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** A plugin that was cut off while it waited for the box says something about the box: its breaker must hear it. */
  function explained(result: GuestResult): GuestResult {
    if (result.type !== 'failed') return result;
    const cutOff = result.error.code === 'deadline_exceeded' || (result.error.code === 'aborted' && !signal.aborted);
    if (!cutOff || !(waitedForBox || waiting.size > 0)) return { ...result, error: maskError(mask, result.error) };
    const what = [...new Set([...waiting].map(({ name }) => name))].join(', ') || 'the last call';
    const message = `The box did not answer ${what} within the deadline of ${deadlineMs} ms.`;
    return { ...result, error: new OssiaError('nas_timeout', message) };
  }

  return {
    run,
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      // A call that the plugin did not wait for ends with the run, and so does an answer that it did not take to its end.
      if (waiting.size > 0) abort();
      streams.close();
    },
  };
}

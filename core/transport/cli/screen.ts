// What a box has printed since it was last taken, bounded, and the waiting for something to stand at its end.
import { OssiaError } from '../../errors.ts';
import { callEnded } from '../ssh/call-ended.ts';
import type { CallContext } from '../transport.ts';
import { clean, cleanLine } from './clean.ts';
import type { Wire } from './wire.ts';

export interface Screen {
  /** The line that has not ended, as a terminal shows it. */
  lastLine(): string;
  /** Grows with every piece in which a line ended. */
  endings(): number;
  /** The end of it as it came, so many characters or a little more. */
  tail(count: number): string;
  isEmpty(): boolean;
  clear(): void;
  /** Takes a page mark away from the end. */
  cutLastLine(mark: RegExp): void;
  /** All of it as a terminal shows it, but the line that has not ended. */
  text(): string;
  wait<Found extends Finding>(waiting: Waiting<Found>): Promise<Found>;
}

/** What was found stands only after so many milliseconds without further text; the screen's own time when it says none. */
export interface Finding {
  readonly settle?: number;
}

export interface Waiting<Found> {
  look(): Found | null;
  readonly context: CallContext;
  /** What a deadline means here. */
  late(shown: string): OssiaError;
}

/** No box has lines like this, and every chunk looks at the last one again. */
const longestLine = 256 * 1024;

export function createScreen(wire: Wire, { settle, maxOutput }: { settle: number; maxOutput: number }): Screen {
  let ended: string[] = [];
  let last = '';
  let size = 0;
  let changed: () => void = () => undefined;

  wire.onText((text) => {
    size += Buffer.byteLength(text);
    const all = last + text;
    const cut = all.lastIndexOf('\n') + 1;
    if (cut > 0) ended.push(all.slice(0, cut));
    last = all.slice(cut);
    if (size > maxOutput || last.length > longestLine) wire.close(tooMuch(Math.min(size, maxOutput)));
    changed();
  });

  function wait<Found extends Finding>({ look, context, late }: Waiting<Found>): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    let timer: NodeJS.Timeout | undefined;
    const signal = AbortSignal.any([context.signal, wire.lost]);
    const onAbort = () => reject(wire.lost.aborted ? wire.lost.reason : callEnded(context, late(cleanLine(last))));
    changed = () => {
      clearTimeout(timer);
      const found = look();
      if (found === null) return;
      const quiet = found.settle ?? settle;
      if (quiet === 0) resolve(found);
      else timer = setTimeout(() => resolve(found), quiet);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else changed();
    return promise.finally(() => {
      clearTimeout(timer);
      changed = () => undefined;
      signal.removeEventListener('abort', onAbort);
    });
  }

  return {
    lastLine: () => cleanLine(last),
    tail(count) {
      let text = last;
      for (let at = ended.length - 1; at >= 0 && text.length < count; at -= 1) text = ended[at] + text;
      return text;
    },
    endings: () => ended.length,
    isEmpty: () => size === 0,
    clear() {
      ended = [];
      last = '';
      size = 0;
    },
    cutLastLine(mark) {
      last = cleanLine(last).replace(mark, '');
    },
    text: () => clean(ended.join('')),
    wait,
  };
}

function tooMuch(limit: number): OssiaError {
  return new OssiaError('nas_protocol', `The box printed more than ${limit} bytes, and the session was closed.`, {
    details: { limit },
  });
}

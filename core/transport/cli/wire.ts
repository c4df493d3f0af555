// The way to a box's command line, whatever carries it: text in, text out, and one end with one reason.
import type { OssiaError } from '../../errors.ts';

export interface Wire {
  /** Settles once: there is a command line or a login to talk to, or why it did not come to that. */
  readonly ready: Promise<void>;
  /** Aborted when it is gone; its reason is the OssiaError. */
  readonly lost: AbortSignal;
  /** Whoever listens first gets what came before. */
  onText(listener: (text: string) => void): void;
  write(text: string): void;
  close(reason: OssiaError): void;
}

/** The window that a box is told of: so wide and so high that it neither wraps nor pages, where it believes us. */
export const columns = 511;
export const rows = 1000;

/** Holds what comes until somebody listens. */
export function createInbox(): { put(text: string): void; onText(listener: (text: string) => void): void } {
  let waiting = '';
  let listener: ((text: string) => void) | undefined;
  return {
    put(text) {
      if (listener) listener(text);
      else waiting += text;
    },
    onText(given) {
      listener = given;
      if (waiting !== '') given(waiting);
      waiting = '';
    },
  };
}

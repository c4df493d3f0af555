// What the host tells a worker: one JSON object per line. Payloads inside are JSON texts that the worker passes on unread.
import type { GuestLimits } from './sandbox.ts';

export type ToGuest =
  /** First of all: the addon's file and the text that runs in every isolate before its plugin. */
  | { readonly type: 'start'; readonly addon: string; readonly prelude: string }
  | {
      readonly type: 'load';
      readonly guest: number;
      readonly source: string;
      readonly device: Readonly<Record<string, readonly string[]>>;
      readonly streams: readonly string[];
      readonly limits: GuestLimits;
    }
  | {
      readonly type: 'run';
      readonly guest: number;
      readonly run: number;
      readonly hook: string;
      readonly input: string;
    }
  /** The answer to a host call; when not `ok`, `json` holds a HostError. */
  | {
      readonly type: 'answer';
      readonly guest: number;
      readonly run: number;
      readonly call: number;
      readonly ok: boolean;
      readonly json: string;
    }
  /** The run has been answered without the guest: its calls fail with the HostError in `json`. */
  | { readonly type: 'abandon'; readonly guest: number; readonly run: number; readonly json: string }
  | { readonly type: 'unload'; readonly guest: number }
  | { readonly type: 'ping'; readonly id: number };

/** What a rejected host call looks like inside. */
export interface HostError {
  readonly code: string;
  readonly retryable: boolean;
  readonly message: string;
  readonly said?: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

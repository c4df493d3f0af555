// What a worker tells the host: one JSON object per line, hostile until parsed. Payloads inside are JSON texts.
import type { VerdictKind } from '../plugin-sdk/verdict-kinds.ts';
import type { BesidesHooks } from './sandbox.ts';

export type ToHost =
  | { readonly type: 'ready'; readonly versions: string }
  | {
      readonly type: 'loaded';
      readonly guest: number;
      readonly hooks: readonly string[];
      readonly besides: readonly BesidesHooks[];
    }
  | { readonly type: 'rejected'; readonly guest: number; readonly message: string; readonly stack: string }
  | {
      readonly type: 'call';
      readonly guest: number;
      readonly run: number;
      readonly call: number;
      readonly transport: string;
      readonly method: string;
      readonly args: string;
    }
  | { readonly type: 'log'; readonly guest: number; readonly run: number; readonly line: string }
  /** `result` holds a GuestEnd. */
  | { readonly type: 'ended'; readonly guest: number; readonly run: number; readonly result: string }
  /** Whether the guest let go of the run that was abandoned. */
  | { readonly type: 'abandoned'; readonly guest: number; readonly run: number; readonly settled: boolean }
  /** The isolate is gone; `run` is the one that was being served. */
  | { readonly type: 'fault'; readonly guest: number; readonly run: number; readonly fault: Fault }
  /** How many more messages were dealt with; what kills the worker before its next word is among the `ahead` that come then. */
  | { readonly type: 'handled'; readonly count: number; readonly ahead: number }
  | { readonly type: 'pong'; readonly id: number; readonly usage: readonly GuestUsage[] };

/** Calls under this name, which no transport has, are for the sandbox itself: `next` part of an answer, `rows` of a list. */
export const ownCalls = '';

/** `starved`: its slice was cut off though it had not used up its CPU, since the machine gave it none. */
export type Fault = 'cpu' | 'memory' | 'limit' | 'broken' | 'starved';
export const faults: ReadonlySet<string> = new Set<Fault>(['cpu', 'memory', 'limit', 'broken', 'starved']);

export interface GuestUsage {
  readonly guest: number;
  /** Since the last time. */
  readonly cpuMs: number;
  /** Of that, in steps that keep others waiting. */
  readonly longMs: number;
  readonly heapBytes: number;
}

/** How a run ended inside; made by the prelude, so as hostile as the plugin. */
export type GuestEnd =
  | { readonly type: 'returned'; readonly value: unknown }
  | {
      readonly type: 'verdict';
      readonly verdict: VerdictKind;
      readonly reason: string;
      readonly afterMs?: number;
    }
  /** `call` when it is, or was caused by, the error of that host call; `limit` when a limit was passed. */
  | {
      readonly type: 'threw';
      readonly message: string;
      readonly stack: string;
      readonly call?: number;
      readonly limit?: true;
    };

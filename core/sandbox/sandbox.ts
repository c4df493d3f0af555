// The interface of the sandbox: programs go in as text, calls go in and out as JSON, nothing else crosses.
import type { OssiaError } from '../errors.ts';
import type { VerdictKind } from '../plugin-sdk/verdict-kinds.ts';

export interface Sandbox {
  /** Loads a bundle into a fresh isolate. Rejects with `plugin_invalid` when it does not load. */
  load(program: Program): Promise<Guest>;
  stats(): SandboxStats;
  /** Since the box has a profile; null when it has no program. */
  usageOf(nas: string): SandboxUsage | null;
  close(): Promise<void>;
}

export interface Program {
  /** `<profile>@<plugin version>#<content hash>`; names the isolate in logs, metrics and stack traces. */
  readonly name: string;
  /** One self-contained script made by the bundler; assigns the plugin's definition. */
  readonly source: string;
  /** The bundle's source map, kept on the host side to give stack traces the author's lines. */
  readonly sourceMap: string;
  /** Granted transports and the methods of each: what `device` consists of. */
  readonly device: Readonly<Record<string, readonly string[]>>;
  /** Those of the methods whose answer comes in parts, as `routeros.pages`: the guest iterates over it. */
  readonly streams: readonly string[];
  readonly limits: GuestLimits;
  /** To whom its use of the machine is counted; none for one that is only tried. */
  readonly owner?: { readonly nas: string; readonly plugin: string };
}

export interface GuestLimits {
  readonly memoryMb: number;
  /** CPU milliseconds that one slice may take without waiting; at least 50. */
  readonly cpuMs: number;
  readonly maxCalls: number;
  readonly maxCallBytes: number;
  readonly maxLogLines: number;
}

/** What a plugin may define beside its hooks: called with the device first. */
export const besidesHooks = ['selfTest', 'listSessions', 'uptime'] as const;
export type BesidesHooks = (typeof besidesHooks)[number];

export interface Guest {
  /** Names of the hooks that the plugin defines. */
  readonly hooks: ReadonlySet<string>;
  /** Names of those that it defines beside them. */
  readonly besides: ReadonlySet<string>;
  run(call: GuestCall): Promise<GuestResult>;
  /** Ends running calls with `aborted` and frees the isolate. */
  close(): Promise<void>;
}

export interface GuestCall {
  /** A hook's name, `selfTest`, `uptime`, or one that lists: `listSessions`, and `listUsers` for the hook `users_from_nas`. */
  readonly hook: string;
  /** The first argument of the plugin's function: plain JSON. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970; enforced by the host, whatever the guest does. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** A host call of the guest. What it rejects with reaches the guest as code, message, retryable, said, details. */
  onCall(transport: string, method: string, args: readonly unknown[]): Promise<unknown>;
  /** The next part of an answer that comes in parts; null when there is none any more. */
  onNext?(stream: number): Promise<unknown>;
  /** Some rows of what lists: not yet parsed, and the guest goes on when this resolves. */
  onRows?(rows: unknown): Promise<void>;
  onLog(line: string): void;
}

/** Never rejects: what went wrong is an answer. */
export type GuestResult =
  | { readonly type: 'returned'; readonly value: unknown }
  /** One of the SDK's verdicts was thrown or returned. */
  | {
      readonly type: 'verdict';
      readonly verdict: VerdictKind;
      readonly reason: string;
      readonly afterMs?: number;
    }
  /** Host errors that the guest let through keep their code; guest errors are `plugin_error` with a mapped stack. */
  | { readonly type: 'failed'; readonly error: OssiaError; readonly stack?: string };

export interface SandboxStats {
  readonly workers: number;
  readonly guests: number;
  readonly workerRestarts: number;
  /** Isolates that were replaced by fresh ones for their age, their runs or their memory. */
  readonly recycled: number;
  /** By the plugin's name, since the start. */
  readonly plugins: ReadonlyMap<string, SandboxUsage>;
}

export interface SandboxUsage {
  readonly runs: number;
  /** Host calls that its runs made. */
  readonly calls: number;
  /** How long its runs took, mostly waiting for the box. */
  readonly runMs: number;
  readonly cpuMs: number;
  /** What its isolates hold, as of when they last did something. */
  readonly memoryBytes: number;
}

/** When an isolate is replaced by a fresh one, loaded beside it. What a plugin keeps outside of its functions is lost then. */
export interface Recycling {
  readonly runs: number;
  readonly ageMs: number;
  /** The share of its memory limit that is still in use. */
  readonly memory: number;
}

// The one interface between plugins' calls and boxes: a transport is a table of methods, each a read or a write.
import type { z } from 'zod';
import type { Exchange } from '../model/outcome.ts';

export interface TransportDefinition<Config = unknown> {
  /** The key in the profile's `transports` and the property of `device`. */
  readonly name: string;
  /** The profile's section. Secrets in it are plain texts here: the loader has resolved the references. */
  readonly config: z.ZodType<Config>;
  /** Keys of `config` that hold secrets, so that nothing prints them. */
  readonly secrets: readonly string[];
  readonly methods: Readonly<Record<string, MethodDefinition>>;
  /**
   * What a call does, each thing as words, for the patterns of manifest and profile; null when only the box could tell. Arguments are
   * already parsed. When it is not given, the method's name is the only word.
   */
  subjects?(method: string, args: readonly unknown[]): readonly (readonly string[])[] | null;
  /** What a dry run over it leaves open, in one sentence for the operator. */
  readonly unknownInDryRun: string;
  connect(config: Config, environment: TransportEnvironment): Transport;
}

export interface MethodDefinition {
  /** A dry run makes the reads and records the writes. */
  readonly access: 'read' | 'write';
  /** The guest's arguments, hostile until parsed: a tuple. */
  readonly args: z.ZodType<readonly unknown[]>;
  /** A read whose answer comes in parts: asked by `stream`, and the plugin iterates over it. */
  readonly inParts?: true;
}

export interface TransportEnvironment {
  /** The profile's name, for messages. */
  readonly nas: string;
  /** For what belongs to no call: a connection that came or went. Never per exchange. */
  log(level: 'info' | 'warn', message: string): void;
}

/** Opening is lazy: `connect` reaches for nothing, the first call does. Every call settles before its signal's deadline. */
export interface Transport {
  /** Arguments are already parsed by the method's schema. Rejects with an OssiaError only. The result must be JSON. */
  call(method: string, args: readonly unknown[], context: CallContext): Promise<unknown>;
  /** For methods that answer in parts. Asks the box for no more than is taken; whoever stops early calls `return`. */
  stream?(method: string, args: readonly unknown[], context: CallContext): AsyncIterator<unknown, void>;
  /** What `call` would send, in the box's own language, one line per command; for a write in a dry run. */
  describe(method: string, args: readonly unknown[]): string;
  /**
   * For a write in a dry run that reads before it writes: makes the reads, records what would be sent as `recorded`, and gives what
   * `call` would give. Undefined for a method of which `describe` says all.
   */
  plan?(method: string, args: readonly unknown[], context: CallContext): Promise<unknown> | undefined;
  close(): Promise<void>;
}

export interface CallContext {
  /** Aborted at the deadline or on stop. */
  readonly signal: AbortSignal;
  /** The same deadline, milliseconds since 1970. */
  readonly deadline: number;
  /** Keeps an exchange in the journal; secrets must be masked in `text`. */
  record(exchange: Omit<Exchange, 'at' | 'via'>): void;
}

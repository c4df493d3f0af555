// What plugins keep for themselves: values under keys, apart for each NAS profile and plugin, within bounds.

export interface KvScope {
  /** Name of the profile. */
  readonly nas: string;
  readonly plugin: string;
}

export const kvLimits = {
  /** Of one value, as JSON in UTF-8. */
  valueBytes: 64 * 1024,
  keyCharacters: 200,
  /** Of one scope. */
  keys: 10_000,
  bytes: 16 * 1024 * 1024,
} as const;

export interface KvValue {
  /** JSON. */
  readonly text: string;
  /** Milliseconds since 1970; null: it stays. */
  readonly expiresAt: number | null;
}

export interface KvEntry {
  readonly key: string;
  readonly bytes: number;
  readonly updatedAt: number;
  readonly expiresAt: number | null;
}

/** How much a scope holds; what has expired counts until something new is set. */
export interface KvUse extends KvScope {
  readonly keys: number;
  readonly bytes: number;
  /** When its profile was last in force, or wrote something. */
  readonly usedAt: number;
}

/** What a plugin's `device.kv` stands on. What is written is on disk when the promise resolves. */
export interface KvStore {
  /** Undefined when there is none, or it has expired. */
  get(scope: KvScope, key: string): Promise<string | undefined>;
  /** In the order of keys. */
  keys(scope: KvScope, prefix: string): Promise<readonly string[]>;
  /** `full`: it would pass a limit of the scope, and nothing was changed. */
  set(scope: KvScope, key: string, value: KvValue): Promise<'set' | 'full'>;
  delete(scope: KvScope, key: string): Promise<void>;
  /** The scope is in use: what is old and unused is removed one day. */
  keep(scope: KvScope): Promise<void>;
}

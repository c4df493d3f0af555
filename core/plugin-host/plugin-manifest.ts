// What `plugin.json` holds once it is parsed.

export interface PluginManifest {
  /** The folder's name. */
  readonly name: string;
  readonly version: string;
  /** Range of the plugin API that it was written for, `^1`. */
  readonly api: string;
  readonly summary: string;
  /** Transports that it asks for, and patterns of what it asks to do there. */
  readonly transports: Readonly<Record<string, readonly string[]>>;
  /** JSON Schema of the profile's `options`. */
  readonly options: Readonly<Record<string, unknown>>;
}

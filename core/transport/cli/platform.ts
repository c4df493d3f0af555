// What a platform is: all that differs from one command line to another, as data.

export interface Platform {
  readonly name: string;
  /** What ends a typed line. */
  readonly enter: string;
  /**
   * The whole last line when the box waits, as patterns. `{name}` is what is learned of the box after the login; `{begin}` its first 16
   * characters and whatever follows, for platforms that cut long names.
   */
  readonly prompts: Readonly<Record<Mode, string>>;
  readonly login: Login;
  /** Typed after the login: no pages, wide lines, no completion. What the box does not know is passed over. */
  readonly prepare: readonly string[];
  /** When it pages all the same. */
  readonly pager: { readonly mark: RegExp; readonly key: string };
  /** How `exec` becomes `privileged`; a platform without it has no `privileged`. */
  readonly privilege: { readonly command: string; readonly password: RegExp } | null;
  /** A line of output that is a no. */
  readonly failures: readonly RegExp[];
  /** A line of output that is a not now. */
  readonly busy: readonly RegExp[];
  /** Lines next to a prompt that belong to it and not to the output. */
  readonly noise: readonly RegExp[];
  /** What the box may ask in the middle of a command, and what is said unless the plugin says otherwise; null: nothing, it is refused. */
  readonly questions: readonly { readonly when: RegExp; readonly say: string | null }[];
  readonly configuration: Configuration | null;
  readonly values: ValueRules;
}

export type Mode = 'exec' | 'privileged' | 'config';

/** By the end of what was printed: telnet asks this, and gear that asks once more within SSH. */
export interface Login {
  readonly user: RegExp;
  readonly password: RegExp;
  readonly failed: RegExp;
}

/** Lines that are typed while in configuration mode, and lines that are typed after it is left. */
export interface Steps {
  readonly inside?: readonly string[];
  readonly after?: readonly string[];
}

/** `{minutes}` and `{seconds}` in a line are how long the box waits for the confirmation. */
export interface Configuration {
  readonly enter: readonly string[];
  readonly leave: readonly string[];
  /** Typed in configuration mode before the commit. */
  readonly check?: string;
  /** Without it every line is in force at once. */
  readonly commit?: Steps;
  readonly confirmed?: {
    /** Instead of the other one. */
    readonly enter?: readonly string[];
    readonly commit?: Steps;
    readonly confirm: Steps;
    /** Instead of `discard`. */
    readonly discard?: Steps;
  };
  /** Takes back what was typed. */
  readonly discard?: Steps;
}

export interface ValueRules {
  /** A whole value that may stand as it is, also where it touches text. */
  readonly bare: RegExp;
  /** What a value may hold between double quotes; null where quotes are no way to say it. */
  readonly quoted: RegExp | null;
  /** One character that can be typed nowhere, be it the author's: the box would take it for a key. */
  readonly never: RegExp;
  /** Characters of a line. */
  readonly longest: number;
}

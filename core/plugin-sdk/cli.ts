// Lines for a box's command line: a template whose values stay apart, since only the host knows how the box's platform quotes them.

/** What `` cli`...` `` makes: the author's text and the values between, not yet one text. */
export interface CliLine {
  /** The template's own text, one piece more than there are values. */
  readonly parts: readonly string[];
  /** What stands between the pieces, in their order. */
  readonly values: readonly string[];
}

/**
 * `` cli`clear subscriber session username ${login}` ``: every value stays one word, quoted as the platform of the profile does it; one
 * that cannot be is refused with `value_unsafe`. Write no quotes around a value. A value may touch text: `` cli`ip address ${ip}/32` ``.
 * Where the box expects a keyword or a name, a subscriber called `all` is the keyword: let a value stand where only a name may.
 */
export function cli(parts: TemplateStringsArray, ...values: readonly (string | number)[]): CliLine {
  return { parts: [...parts], values: values.map(String) };
}

/** What goes with a command that may ask back. */
export interface CliRunOptions {
  /**
   * What to say when the box asks: a piece of the question (case does not matter) and the answer to it, `{ 'delete file?': 'y' }`. They go
   * before the platform's own. An answer that is more than yes, no or return is held against the grants like a line.
   */
  readonly answers?: Readonly<Record<string, string>>;
}

/** How a change of the configuration is made. */
export interface CliConfigureOptions extends CliRunOptions {
  /**
   * `confirmed`: the box takes the change back by itself unless we confirm it, which we do once it lets us in again; where the platform
   * has no such commit, it is refused with `arguments_invalid` before anything is sent. Without it, `plain`.
   */
  readonly commit?: 'plain' | 'confirmed';
  /** Let the box check it before the commit. Refused like `confirmed` where the platform has no such check. */
  readonly check?: boolean;
}

/**
 * The command line of a router or switch over SSH or telnet, by its platform: prompts, pages, privileges and failure texts are the host's
 * work. A session is kept open and used again; one dialog runs on it at a time.
 *
 * @throws `nas_refused` with the box's words in `said` when a failure text of the platform answers, `nas_busy` when it says not now,
 * `value_unsafe` naming the value, `nas_auth`, `nas_identity`, `nas_unreachable`, `nas_timeout`; `nas_protocol` when more than
 * `max_output` comes or the box does not echo what was typed.
 */
export interface CliDevice {
  /** What a command prints, without echo, prompt and page marks. One that only reads: it is sent in a dry run too. Questions are not answered. */
  read(line: CliLine): Promise<string>;
  /** The same in lists of up to 1000 lines, for what prints a lot. */
  lines(line: CliLine): AsyncIterable<string[]>;
  /** A command that changes something; recorded, not sent, in a dry run. Returns what it printed. */
  run(line: CliLine, options?: CliRunOptions): Promise<string>;
  /**
   * Enters the configuration mode, types each line, commits where the platform commits, and leaves. When the box refuses a line, all is
   * taken back where the platform can (`details.takenBack`), and `nas_refused` says the line and the box's words; where it cannot,
   * `details.applied` lines before it are in force. Returns what the box printed.
   */
  configure(lines: readonly CliLine[], options?: CliConfigureOptions): Promise<string>;
}

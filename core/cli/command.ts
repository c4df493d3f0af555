// What a command is, what it may touch, and what its exit code says.

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output; a line end is not added. */
  out(text: string): void;
  err(text: string): void;
  /** Columns of the terminal on standard output; 0 when it is not one. */
  readonly columns: number;
  stdin(): Promise<string>;
  /** Whether whoever sits there says yes; null: there is no terminal to ask at. */
  confirm(question: string): Promise<boolean | null>;
  /** Returns what takes the handler away again. */
  onSignal(name: NodeJS.Signals, handler: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

export interface Command {
  /** Shown by `ossia help <command>` and when it is used wrongly. */
  readonly help: string;
  /** Resolves with the exit code. */
  run(argv: readonly string[], io: Io): Promise<number>;
}

export const exitCodes = {
  ok: 0,
  /** The daemon, a file or a box said no. */
  refused: 1,
  usage: 2,
  /** With `--wait`: the job ended without being done. */
  notDone: 3,
  /** With `--wait`: the job had not ended when the time was over. */
  notEnded: 4,
  /** EX_TEMPFAIL: the daemon is not there or takes nothing now; the same again later can succeed. */
  tryLater: 75,
} as const;

export class UsageError extends Error {}

// The one error class, and the closed table of codes that every surface, log line and metric uses.

interface CodeEntry {
  /** Whether doing the same again later can succeed. */
  readonly retryable: boolean;
  /** Whether the box did not answer at all: such failures feed its breaker and use up no attempt while it is open. */
  readonly unreachable?: true;
  readonly meaning: string;
}

export const codes = {
  // input
  input_invalid: { retryable: false, meaning: 'The request is wrong; every wrong field is named.' },
  not_found: { retryable: false, meaning: 'Nothing has that name or id.' },
  unauthorized: { retryable: false, meaning: 'No token, or one that is not known.' },
  forbidden: { retryable: false, meaning: 'The token has not the role that this needs.' },
  conflict: { retryable: false, meaning: 'The thing is in a state that does not allow this.' },
  overloaded: { retryable: true, meaning: 'More work is waiting than the configured limit; nothing was taken.' },
  stopping: { retryable: true, meaning: 'The daemon is stopping and takes nothing new.' },
  // configuration, profiles, plugins
  config_invalid: { retryable: false, meaning: 'A configuration file is wrong; file, line and key are named.' },
  profile_invalid: { retryable: false, meaning: 'A NAS profile is wrong; file, line and key are named.' },
  secret_missing: { retryable: false, meaning: 'A secret reference points at nothing readable.' },
  plugin_invalid: { retryable: false, meaning: 'A plugin does not load: manifest, compile error, or its definition.' },
  self_test_failed: { retryable: false, meaning: "The plugin's self-test failed, so the profile did not go live." },
  trial_failed: {
    retryable: false,
    meaning: 'The first jobs failed that the version before did, so that one is in force again.',
  },
  // the sandbox
  plugin_error: {
    retryable: false,
    meaning: 'The plugin threw something that is not one of its outcomes: a bug in it.',
  },
  deadline_exceeded: { retryable: true, meaning: 'The hook did not end before its deadline.' },
  cpu_exceeded: { retryable: false, meaning: 'The plugin computed for longer than it may without waiting.' },
  memory_exceeded: { retryable: false, meaning: 'The plugin used more memory than it may.' },
  call_limit: { retryable: false, meaning: 'The plugin made more or larger host calls or log lines than it may.' },
  not_granted: {
    retryable: false,
    meaning: 'The plugin called a transport that its manifest or profile does not give it.',
  },
  quarantined: {
    retryable: false,
    meaning: 'The plugin broke its limits too often in a row; its jobs wait, parked, until it is let go.',
  },
  kv_full: { retryable: false, meaning: 'The plugin has no room left for what it keeps of this box.' },
  worker_lost: { retryable: true, meaning: 'The sandbox worker died while the hook ran.' },
  run_lost: {
    retryable: true,
    meaning:
      'The hook ran beside something that took its worker or isolate with it; it runs again and uses up no attempt.',
  },
  // talking to a box
  nas_unreachable: { retryable: true, unreachable: true, meaning: 'No connection to the box.' },
  nas_timeout: {
    retryable: true,
    unreachable: true,
    meaning: 'The box did not answer in time; the change may have happened.',
  },
  nas_refused: { retryable: false, meaning: 'The box said no.' },
  nas_busy: { retryable: true, meaning: 'The box said not now.' },
  nas_auth: { retryable: false, meaning: 'The box does not accept our credentials.' },
  nas_identity: { retryable: false, meaning: 'The box is not the one that the profile pins (host key, certificate).' },
  nas_protocol: { retryable: true, meaning: 'The box answered with something that its protocol does not allow.' },
  session_not_found: { retryable: false, meaning: 'The box has no such session.' },
  arguments_invalid: { retryable: false, meaning: 'The plugin passed arguments that the transport does not take.' },
  value_unsafe: {
    retryable: false,
    meaning: 'A value cannot be passed to this box without changing the shape of the command.',
  },
  aborted: { retryable: true, meaning: 'The work was called off: stop, or deadline of its caller.' },
  // ours
  store_failed: { retryable: true, meaning: 'The store could not write or read; nothing was acknowledged.' },
  internal: { retryable: false, meaning: 'A bug in Ossia.' },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;

export interface FieldProblem {
  /** Where: a JSON pointer into the request, or `file:line key` for files. */
  readonly where: string;
  readonly problem: string;
}

interface ErrorOptions {
  readonly cause?: unknown;
  /** Every wrong place, when there can be several. */
  readonly fields?: readonly FieldProblem[];
  /** The box's own words, exactly, when it said something. */
  readonly said?: string;
  /** Small plain data for the plugin that catches this, e.g. `{ errorCause: 503 }`. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export class OssiaError extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly fields: readonly FieldProblem[];
  readonly said: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: Code, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OssiaError';
    this.code = code;
    this.retryable = codes[code].retryable;
    this.fields = options.fields ?? [];
    this.said = options.said;
    this.details = options.details ?? {};
  }
}

export function isCode(value: unknown): value is Code {
  return typeof value === 'string' && Object.hasOwn(codes, value);
}

/** Whether this code says that the box did not answer at all. */
export function isUnreachable(code: Code): boolean {
  return 'unreachable' in codes[code];
}

export function toOssiaError(error: unknown): OssiaError {
  if (error instanceof OssiaError) return error;
  return new OssiaError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}

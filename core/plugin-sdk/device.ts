// What a plugin can do to a box: the methods of each transport, as the guest sees them.
import type { CliDevice } from './cli.ts';

/** Attribute values by dictionary name; a list for an attribute that appears several times. */
export type RadiusAttributes = Record<string, string | number | readonly (string | number)[]>;

/** The box's answer to a CoA or Disconnect that it took. */
export interface RadiusAnswer {
  /** `CoA-ACK` or `Disconnect-ACK`. */
  readonly code: string;
  /** Those of the answer: numbers as numbers, addresses and texts as texts, bytes as `0x...`. */
  readonly attributes: RadiusAttributes;
}

/** RADIUS dynamic authorization, RFC 5176. */
export interface CoaDevice {
  /**
   * Sends a CoA-Request and waits for its answer, with the retransmissions of RFC 5080.
   * @throws `session_not_found` on a NAK 503, `nas_refused` on other final NAKs (its Error-Cause in `details.errorCause`),
   * `nas_busy` on NAKs that pass (502, 505, 506), `nas_timeout` when nothing came.
   */
  coa(attributes: RadiusAttributes): Promise<RadiusAnswer>;
  /** Sends a Disconnect-Request. Give identification attributes only: a NAS refuses any other. Throws as `coa` does. */
  disconnect(attributes: RadiusAttributes): Promise<RadiusAnswer>;
}

/** What a command left behind on the box. */
export interface CommandResult {
  /** 0 to 255. */
  readonly exitCode: number;
  /** All that it printed, read as UTF-8. */
  readonly stdout: string;
  /** The same of its complaints. */
  readonly stderr: string;
}

/** How a command is run and judged. */
export interface CommandOptions {
  /** Written to the command's standard input, which is then closed. */
  readonly stdin?: string;
  /** Exit codes that are an answer and not an error; `[0]` by default. */
  readonly okCodes?: readonly number[];
}

/** Commands over SSH, one channel each, over one connection. Build the text with `sh` so that values stay values. */
export interface SshDevice {
  /** A command that only reads. Throws `nas_refused` with the box's words when the exit code is not in `okCodes`. */
  read(command: string, options?: CommandOptions): Promise<CommandResult>;
  /**
   * The lines that a command prints, for what prints a lot: `for await` takes them in lists of up to 1000, and the box prints no faster
   * than they are taken. Throws after the last when the exit code is not in `okCodes`, so that only an end without an error is the whole.
   */
  lines(command: string, options?: CommandOptions): AsyncIterable<string[]>;
  /** A command that changes the box; recorded, not sent, in a dry run. */
  run(command: string, options?: CommandOptions): Promise<CommandResult>;
}

/** A row of a RouterOS menu: property names to texts, `.id` among them. */
export type RouterOsRow = Record<string, string>;

/** RouterOS by its API or by REST, as the profile says; the same over both. Menus are paths like `/ip/firewall/address-list`. */
export interface RouterOsDevice {
  /** The rows of a menu that equal `where` in every property; only `proplist`'s properties when given. */
  print(menu: string, where?: RouterOsRow, proplist?: readonly string[]): Promise<RouterOsRow[]>;
  /**
   * The same for a menu of many rows: `for await` takes them in lists of up to `size` (1000 unless given), and the box sends no more
   * than is taken. Throws in the middle when the box does not come to the end.
   */
  pages(
    menu: string,
    where?: RouterOsRow,
    proplist?: readonly string[],
    options?: { readonly size?: number },
  ): AsyncIterable<RouterOsRow[]>;
  /**
   * Sees to it that one row equal to `key` exists and has `properties` too: adds it, changes it where it differs, removes doubles, or does nothing.
   * Returns what it did; in a dry run it reads, and returns what it would do.
   */
  ensure(menu: string, key: RouterOsRow, properties?: RouterOsRow): Promise<'unchanged' | 'added' | 'changed'>;
  /** Sees to it that no row equals `where`. Returns how many it removed; in a dry run it reads, and returns how many it would. */
  ensureAbsent(menu: string, where: RouterOsRow): Promise<number>;
  /** Any other command that changes something, e.g. `/ppp/active/remove`. Returns the rows it answered. */
  command(path: string, properties?: RouterOsRow): Promise<RouterOsRow[]>;
}

/** Old programs that the profile allows, by name; values reach them by environment only. */
export interface ScriptDevice {
  /** Runs an allowed program with a fixed word list of arguments. Exit codes 143 and 254 throw `nas_busy`, others not in `okCodes` throw `nas_refused`. */
  run(
    program: string,
    args: readonly string[],
    env: Record<string, string>,
    options?: CommandOptions,
  ): Promise<CommandResult>;
}

/** What goes with a request beside its path. */
export interface HttpOptions {
  /** Behind the `?`, each encoded; a list is the same name several times. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>;
  /** `Accept`, `Accept-Language`, `If-Match`, `If-None-Match`, `Idempotency-Key`, `Prefer` and `X-...`; the profile's own win. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as JSON. Of the two bodies at most one. */
  readonly json?: unknown;
  /** The body as a form encodes it. */
  readonly form?: Readonly<Record<string, string | number | boolean>>;
  /** Statuses that are an answer and not an error; all of 2xx by default. */
  readonly okStatus?: readonly number[];
}

/** What the box answered. */
export interface HttpResponse {
  /** 200 to 599; redirects are not followed. */
  readonly status: number;
  /** Lower case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where the box says that it is JSON, else the text; null when there is none. */
  readonly body: unknown;
}

/** The methods that there are. */
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * An HTTP API under the profile's `base_url`. The path is a list of parts, each encoded by itself: `['users', login, 'packages']`.
 * A part with a way up (`..`, alone or between slashes) is refused with `value_unsafe`: servers that decode first would leave the path.
 * @throws `nas_auth` on 401 and 403, `nas_busy` on 408, 423, 425, 429 and 5xx that pass (`details.retryAfterMs` when the box says so),
 * `nas_refused` on every other status that is not in `okStatus` (`details.status`), `nas_timeout`, `nas_unreachable`, `nas_identity`.
 */
export interface HttpDevice {
  /** A request that only reads, whatever its method. */
  read(method: HttpMethod, path: string | readonly (string | number)[], options?: HttpOptions): Promise<HttpResponse>;
  /** A request that changes the box; recorded, not sent, in a dry run. */
  send(method: HttpMethod, path: string | readonly (string | number)[], options?: HttpOptions): Promise<HttpResponse>;
}

/** How long a value is kept. */
export interface KvSetOptions {
  /** Milliseconds after which it is gone by itself; without it, it stays. */
  readonly ttlMs?: number;
}

/**
 * What a plugin keeps for itself about a box: a cursor, an ETag, which id the box gave to an account. Apart for each NAS profile and
 * plugin, kept over restarts, reloads and new versions of the plugin, and removed some time after the box has the plugin no more.
 * Asked for like a transport, `"kv": ["*"]` in `plugin.json`, or less: `"kv": ["get *", "list *", "set cache/*"]`; the profile needs no
 * section for it. Not for secrets: operators can read it, and it is not encrypted. What the box has is asked of the box: use it
 * for what can be found out again.
 *
 * A key is a text of 1 to 200 characters without control characters. There is room for 10,000 keys and 16 MB.
 */
export interface KvDevice {
  /** The value, or null when there is none or its time is over. */
  get<Value = unknown>(key: string): Promise<Value | null>;
  /** The keys that begin so, or all, in their order. */
  list(prefix?: string): Promise<string[]>;
  /**
   * Keeps a value that JSON can hold, up to 64 KB of it, in place of what was there. When it resolves, it is on disk. In a dry run it is
   * recorded and not kept; where a box is only read (`selfTest`, `uptime`, lists) it is refused.
   * @throws `kv_full` when there is no room, `arguments_invalid` when key or value are none.
   */
  set(key: string, value: unknown, options?: KvSetOptions): Promise<void>;
  /** Forgets the key, if it is there. Where and when as `set`. */
  delete(key: string): Promise<void>;
}

/** A plugin's `device` has those that its manifest asks for and its profile configures; `kv` needs only to be asked for. */
export interface Device {
  /** RADIUS CoA and Disconnect. */
  readonly coa: CoaDevice;
  /** Commands over SSH. */
  readonly ssh: SshDevice;
  /** The command line of routers and switches, over SSH or telnet. */
  readonly cli: CliDevice;
  /** RouterOS, by its API or by REST. */
  readonly routeros: RouterOsDevice;
  /** Old programs on the daemon's own machine. */
  readonly script: ScriptDevice;
  /** An HTTP API. */
  readonly http: HttpDevice;
  /** What the plugin keeps for itself; no way to a box. */
  readonly kv: KvDevice;
}

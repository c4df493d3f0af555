// The daemon's own settings, `ossia.yaml`: every key, what it takes, and the default that works without it.
import { z } from 'zod';
import { type LogLevel, logLevels } from '../log.ts';
import { count, duration, flag, rate, size, text } from '../model/fields.ts';

const second = 1000;

/** 0 takes any free one; the log says which. */
const port = count({ least: 0, most: 65_535 });
const host = text.describe('An address to listen on, or a name that resolves to one.');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Fields of a session that no index could follow. */
const moving: ReadonlySet<string> = new Set(['input_octets', 'output_octets', 'session_time', 'updated_at']);

/** Fields of a session that only its box can say. */
const ofTheBox: ReadonlySet<string> = new Set([
  ...['id', 'nas', 'nas_ip', 'nas_identifier', 'session_id', 'multi_session_id', 'login', 'state', 'inferred'],
  ...['started_at', 'updated_at', 'ended_at', 'terminate_cause', 'session_time', 'input_octets', 'output_octets'],
]);

const token = z.strictObject({
  name: text.describe('Who has it; stands in logs instead of the token.'),
  role: z.enum(['event', 'viewer', 'operator', 'admin']),
  token: z
    .string({ error: 'expected a text' })
    .min(16, { error: 'expected a token of at least 16 characters; make one with: openssl rand -hex 24' })
    .describe('A reference to the secret.'),
});

const radsec = z.strictObject({
  host: host.default('0.0.0.0'),
  port: port.default(2083),
  cert: text.describe('File of our certificate, PEM.'),
  key: text.describe('File of its key, PEM; only the daemon should be able to read it.'),
  ca: text.describe('File of the authority that made the certificates of the clients, PEM.'),
});

/** To milliseconds, null for ever. */
const kept = z.union([z.literal('never').transform(() => null), duration(undefined, { least: 3600 * second })], {
  error: 'expected a duration of at least 1h, like "90d", or "never"',
});

export const settingsSchema = z.strictObject({
  data: text.default('data').describe('Folder of the database, made when it is not there.'),
  profiles: text.default('nas-profiles').describe('Folder of the NAS profiles.'),
  plugins: text.default('plugins').describe('Folder of the plugins.'),
  socket: z
    .union([text, z.literal(false)], { error: 'expected a path, or false for none' })
    .optional()
    .describe('Path of the unix socket for local callers; `ossia.sock` in the data folder by default, false for none.'),
  http: z.strictObject({ host: host.default('127.0.0.1'), port: port.default(8480) }).prefault({}),
  accounting: z
    .strictObject({
      enabled: flag.default(true),
      host: host.default('0.0.0.0'),
      port: port.default(1813),
      radsec: radsec.optional(),
    })
    .prefault({}),
  sessions: z
    .strictObject({
      session_ttl: duration()
        .prefault('1h')
        .describe(
          'Time without an update after which a session is given up; 3 x Acct-Interim-Interval where it has one. 0s: never.',
        ),
      session_ttl_max_delay: duration().prefault('1m').describe('Up to so much more, by chance.'),
      terminate_attempts: count({ most: 100 }).default(5).describe('Tries to end a session on its box.'),
      session_indexes: z
        .array(
          text.refine((name) => !moving.has(name), {
            error: 'changes with every update, and cannot be found by an index',
          }),
        )
        .default([])
        .describe('Variables of the account that sessions are found by.'),
      alterable_fields: z
        .array(
          text.refine((name) => !ofTheBox.has(name), { error: 'is what its box says, and cannot be changed by hand' }),
        )
        .default([])
        .describe('Fields of a session that may be changed by hand.'),
      plan_variable: text.default('tariff').describe("The account's variable that says its plan."),
      replace_on_same_port: flag
        .default(true)
        .describe('A Start of a user on a port ends the session of that user that was on it.'),
      timezone: text
        .refine(isTimeZone, { error: 'expected an IANA time zone, like Europe/Kyiv' })
        .optional()
        .describe('Where the days of the support desk begin; that of the machine by default.'),
    })
    .prefault({}),
  compat: z
    .strictObject({
      interstellio: z
        .union([flag, z.strictObject({ domain: text })], { error: 'expected true, false or { domain: ... }' })
        .default(false)
        .describe(
          'Session routes of the Interstellio API, token in X-Auth-Token; `domain` is that of logins without a realm.',
        ),
      cgrates: z
        .union([flag, z.strictObject({ tenant: text })], { error: 'expected true, false or { tenant: ... }' })
        .default(false)
        .describe(
          "POST /jsonrpc with the names of CGRateS's SessionSv1; with `tenant`, calls for another one are refused.",
        ),
    })
    .prefault({})
    .describe('APIs of others, for clients that exist already.'),
  tokens: z.array(token).default([]),
  sandbox: z
    .strictObject({
      workers: count({ most: 64 })
        .default(1)
        .describe('Worker processes for each plugin; its profiles are spread over them.'),
      memory: size(undefined, { least: 64 * 1024 ** 2 })
        .prefault('1GB')
        .describe('A worker that uses more is replaced.'),
      recycle: z
        .strictObject({
          runs: count({ most: 1_000_000_000 }).default(100_000),
          age: duration(undefined, { least: second }).prefault('24h'),
          memory: z.number().min(0.1).max(1).default(0.7).describe("Share of the profile's memory limit."),
        })
        .prefault({})
        .transform(({ runs, age, memory }) => ({ runs, ageMs: age, memory }))
        .describe('When the isolate of a profile is replaced by a fresh one; nothing waits for that.'),
      walls: z
        .enum(['required', 'available'], { error: 'expected required or available' })
        .default('required')
        .describe(
          'required: no start unless the system keeps every wall around the workers; available: with those that stand.',
        ),
    })
    .prefault({}),
  retry: z
    .strictObject({
      first: duration(undefined, { least: 10 }).prefault('1s'),
      max: duration(undefined, { least: second }).prefault('5m'),
      factor: z.number().min(1).max(10).default(2),
      jitter: z.number().min(0).max(1).default(0.2).describe('Part of the wait that is left to chance.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      queued: count({ most: 100_000_000 })
        .default(1_000_000)
        .describe('Jobs that may wait; more are answered 429. Imports and resyncs leave a tenth free.'),
      running: count({ most: 1_000_000 }).default(10_000).describe('Jobs that run at once, over all NAS.'),
      body: size().prefault('4MB').describe('Largest HTTP request.'),
      events: rate().prefault('unlimited').describe('Events per second that one token may send.'),
      stop: duration().prefault('20s').describe('How long a stop waits for what runs.'),
    })
    .prefault({}),
  retention: z
    .strictObject({
      jobs: kept
        .prefault('90d')
        .describe('Ended jobs, with their events; an id that comes again after that is taken as new.'),
      journal: kept.prefault('30d').describe('What was sent and answered for ended jobs.'),
      cdrs: kept.prefault('never').describe('Closed sessions, by their end.'),
      audit: kept.prefault('400d').describe('Who did what to many at once.'),
      resyncs: kept.prefault('30d').describe('Ended resyncs and their plans.'),
      kv: kept
        .prefault('90d')
        .describe('What plugins keep of a box that is in no profile any more, or has another plugin.'),
    })
    .prefault({})
    .describe('How long what is over is kept.'),
  log: z
    .strictObject({
      level: z.enum(logLevels as readonly [LogLevel, ...LogLevel[]]).default('info'),
      pretty: z
        .union([flag, z.literal('auto')], { error: 'expected true, false or auto' })
        .default('auto')
        .describe('Lines for people; auto: when stdout is a terminal.'),
    })
    .prefault({}),
});

type Parsed = z.output<typeof settingsSchema>;

export interface Settings extends Omit<Parsed, 'socket'> {
  /** Null when there is no settings file and all are defaults. */
  readonly file: string | null;
  /** Null: none. */
  readonly socket: string | null;
  /** What is allowed and yet worth a line in the log at start. */
  readonly warnings: readonly string[];
}

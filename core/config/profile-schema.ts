// The keys of a NAS profile's YAML; what a transport's section or a plugin's options may hold, their own schemas say.
import { z } from 'zod';
import { address, count, duration, flag, oneOrList, rate, size, text } from '../model/fields.ts';

const megabyte = 1024 ** 2;

const limits = z.strictObject({
  concurrency: count({ most: 1000 }).default(4).describe('Jobs of this NAS that run at once.'),
  rate: rate().prefault('50/s').describe('Jobs begun per second.'),
  deadline: duration(undefined, { least: 50, most: 3_600_000 }).prefault('10s').describe('How long one run may take.'),
  attempts: count({ most: 1000 }).default(10).describe('After so many a job is dead.'),
  breaker: z
    .strictObject({
      failures: count({ most: 1000 }).default(5).describe('Unanswered runs in a row that open it.'),
      probe: duration(undefined, { least: 10 }).prefault('5s').describe('Time between the trials while it is open.'),
    })
    .prefault({}),
  memory: size('expected a size of 8MB..1GB', { least: 8 * megabyte, most: 1024 * megabyte }).prefault('32MB'),
  cpu: duration('expected a duration of 50ms..10s', { least: 50, most: 10_000 }).prefault('200ms'),
  calls: count({ most: 100_000 }).default(1000).describe('Transport calls in one run.'),
  call_rate: rate().prefault('unlimited').describe('Transport calls per second, of all runs together; more wait.'),
  call_size: size('expected a size of 1KB..64MB', { least: 1024, most: 64 * megabyte }).prefault('1MB'),
  log_lines: count({ least: 0, most: 100_000 }).default(200),
});

const sessions = z.strictObject({
  ttl: duration()
    .optional()
    .describe(
      "Time without an update after which a session of this box is given up; the daemon's when it is not given, 0s: never.",
    ),
  sync: duration(undefined, { least: 10_000 })
    .optional()
    .describe('Time between two comparisons with the sessions that the box lists; only by hand when it is not given.'),
  grace: duration(undefined, { most: 86_400_000 })
    .prefault('5m')
    .describe('A session that the box does not list is closed when its last update is older than this.'),
  most_closed: z.number().min(0).max(1).default(0.2).describe('Share of the live sessions that one run may close.'),
  deadline: duration(undefined, { least: 1000, most: 600_000 })
    .prefault('60s')
    .describe('How long a listing may take.'),
});

const resync = z.strictObject({
  every: duration(undefined, { least: 60_000 })
    .optional()
    .describe(
      'Time between two comparisons of the box with what its accounts should have; only by hand when it is not given.',
    ),
  on_reboot: flag.default(true).describe('Compare when the box is seen to have begun anew.'),
  uptime_every: duration(undefined, { least: 1000 })
    .optional()
    .describe('Time between two questions for its uptime; not asked when it is not given.'),
  rate: rate().prefault('20/s').describe('Jobs of a resync begun per second; live events go first.'),
  most_removed: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('Share of the listed that a run may remove without being asked.'),
  most_missing: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Share of what should be there that may be missing before the list counts as cut; not after a reboot.'),
  full_push: flag.default(false).describe('A box that cannot list is told everything.'),
  deadline: duration(undefined, { least: 1000, most: 3_600_000 })
    .prefault('5m')
    .describe('How long a listing may take.'),
});

/** `mikrotik`, or held to one version: `mikrotik@1.2.0`, or to one content: `mikrotik@3fa92c01`. */
const plugin = text.regex(/^[^@]+(@(\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?|[0-9a-f]{8,64}))?$/, {
  error: 'expected the name of a plugin, alone or with a version or the hash that ossia plugin list shows: acme@1.2.0',
});

const second = { plugin, options: z.record(z.string(), z.unknown()).default({}) };

const beside = z.strictObject({
  ...second,
  hooks: z
    .array(text)
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'expected each hook once')
    .describe('Hooks that go to this plugin; all others go to the first.'),
});

const shadow = z.strictObject({
  ...second,
  hooks: z.array(text).min(1).optional().describe('Hooks that are compared; all when it is not given.'),
  before: flag.default(false).describe('Ask it before the real run too, to show all that it would have sent.'),
  deadline: duration(undefined, { least: 50, most: 60_000 })
    .prefault('2s')
    .describe('How long one look of it may take, and keep its lane waiting.'),
});

export const profileSchema = z.strictObject({
  plugin,
  beside: beside.optional().describe('A second plugin for the same box, for some of the hooks.'),
  shadow: shadow
    .optional()
    .describe('A plugin that only looks on: what it would still send after each hook is reported.'),
  match: z
    .strictObject({
      nas_ip: oneOrList(address).default([]),
      nas_identifier: oneOrList(text).default([]),
      nas_id: oneOrList(text).default([]),
    })
    .refine(({ nas_ip, nas_identifier, nas_id }) => nas_ip.length + nas_identifier.length + nas_id.length > 0, {
      error: 'expected at least one of nas_ip, nas_identifier, nas_id: without one no job would ever find this NAS',
    }),
  transports: z.record(z.string(), z.unknown()).default({}),
  radius: z
    .strictObject({
      secret: text.describe('For the accounting that this NAS sends to us.'),
      addresses: oneOrList(address).optional().describe('Where it sends from; match.nas_ip by default.'),
      certificate: oneOrList(text)
        .optional()
        .describe('CN or DNS name of the certificate that it shows over TLS; its address when it is not given.'),
      require_message_authenticator: z.enum(['never', 'if-present', 'always']).default('if-present'),
      proxy: flag
        .default(false)
        .describe(
          'It forwards for other boxes: sessions belong to the profile whose match has their NAS-Identifier or NAS-IP-Address.',
        ),
    })
    .optional(),
  grants: z
    .record(z.string(), oneOrList(text))
    .default({})
    .describe(
      'By transport, patterns of what the plugin may do there; what its plugin.json asks for when it is not given.',
    ),
  limits: limits.prefault({}),
  sessions: sessions.prefault({}),
  resync: resync.prefault({}),
  options: z.record(z.string(), z.unknown()).default({}),
  fire_auth_on_start: flag.default(true),
  fire_disconnect_on_stop: flag.default(true),
});

export type ProfileFile = z.output<typeof profileSchema>;

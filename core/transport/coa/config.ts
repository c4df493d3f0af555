// The `coa` section of a profile: where the box listens for dynamic authorization, and how patiently we ask.
import { z } from 'zod';
import { parseDuration } from '../../model/duration.ts';

const expectedDuration = 'expected a duration like "2s" or "500ms", at least 10ms';

/** To milliseconds. */
const duration = z.string({ error: expectedDuration }).transform((text, context) => {
  const parsed = parseDuration(text);
  if (parsed !== undefined && parsed >= 10) return parsed;
  context.addIssue({ code: 'custom', message: expectedDuration });
  return z.NEVER;
});

const section = z.strictObject({
  host: z.string().min(1),
  /** 3799, or 2083 over TLS. */
  port: z.int().min(1).max(65_535).optional(),
  /** Can differ from the accounting secret; over TLS `radsec` unless the box wants another one (RFC 6614 section 2.3). */
  secret: z.string().min(1).max(1_024).optional(),
  /** Over TLS instead of UDP; PEM texts, so `${file:...}`. */
  tls: z
    .strictObject({
      cert: z.string().min(1),
      key: z.string().min(1),
      ca: z.string().min(1).optional(),
      /** The name in the box's certificate when it is not `host`. */
      name: z.string().min(1).optional(),
    })
    .optional(),
  /** The local address to send from: boxes allow-list it. */
  source: z.union([z.ipv4(), z.ipv6()], { error: 'expected an IP address of this machine' }).optional(),
  /** Of RFC 5080 section 2.2.1. */
  timeouts: z
    .strictObject({
      /** Before the first retransmission; each next one waits twice as long (IRT). */
      initial: duration.prefault('2s'),
      /** The longest wait between two (MRT). */
      longest: duration.prefault('16s'),
      /** For everything; the hook's deadline bounds it too (MRD). */
      total: duration.prefault('30s'),
    })
    .prefault({}),
  /** How often the same bytes are sent again before giving up (MRC). */
  retransmissions: z.int().min(0).max(20).default(5),
  /** Send Message-Authenticator, RFC 5176 section 3.4. */
  message_authenticator: z.boolean().default(true),
  /** Send Event-Timestamp, against replay: RFC 5176 section 6.3. */
  event_timestamp: z.boolean().default(true),
  /** Ignore answers without a Message-Authenticator. */
  require_message_authenticator: z.boolean().default(false),
});

export const coaConfig = section.transform(({ secret, tls, port, ...rest }, context) => {
  if (secret === undefined && tls === undefined) {
    context.addIssue({ code: 'custom', path: ['secret'], message: 'is missing' });
    return z.NEVER;
  }
  return {
    ...rest,
    port: port ?? (tls ? 2_083 : 3_799),
    secret: secret ?? 'radsec',
    ...(tls && { tls: concealed(tls) }),
  };
});

/** Nothing that prints the section prints the key. */
function concealed<Tls extends { readonly key: string }>({ key, ...rest }: Tls): Tls {
  return Object.defineProperty(rest, 'key', { value: key, enumerable: false }) as Tls;
}

export type CoaConfig = z.output<typeof coaConfig>;

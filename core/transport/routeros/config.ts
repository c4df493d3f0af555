// The `routeros` section of a profile: where the router's API is, how we know the router, how patient we are.
import { z } from 'zod';
import { duration } from '../../model/fields.ts';
import { encodings } from './charset.ts';
import type { ClientConfig } from './client.ts';

export const routerOsConfig = z
  .strictObject({
    host: z.string().min(1),
    /** 8728, or 8729 with TLS. */
    port: z.int().min(1).max(65_535).optional(),
    tls: z.boolean().default(false),
    /** PEM of the authority that signed the router's certificate. */
    ca: z.string().includes('-----BEGIN CERTIFICATE-----', { error: 'expected a certificate in PEM' }).optional(),
    /** SHA-256 of the router's certificate, as `openssl x509 -fingerprint -sha256` prints it; replaces an authority. */
    fingerprint: z
      .string()
      .transform((text) => text.replace(/^sha-?256( fingerprint)?[:=]/i, '').replaceAll(':', ''))
      .refine((text) => /^[0-9a-f]{64}$/i.test(text), { error: 'expected the 64 hexadecimal digits of a SHA-256' })
      .optional(),
    /** The name in the certificate when it is not `host`. */
    servername: z.string().min(1).optional(),
    user: z.string().min(1),
    password: z.string().default(''),
    /** How the box keeps texts. */
    encoding: z.enum(encodings).default('utf8'),
    /** Commands that the router works on at the same time. */
    max_in_flight: z.int().min(1).max(256).default(8),
    /** Login included. */
    connect_timeout: duration(undefined, { least: 10 }).prefault('5s'),
    /** For one command; the hook's deadline bounds it too. */
    command_timeout: duration(undefined, { least: 10 }).prefault('10s'),
    idle_close: duration(undefined, { least: 10 }).prefault('1m'),
  })
  .superRefine((section, context) => {
    for (const key of ['ca', 'fingerprint', 'servername'] as const) {
      if (section.tls || section[key] === undefined) continue;
      context.addIssue({ code: 'custom', path: [key], message: 'means nothing without tls: true' });
    }
  });

export type RouterOsConfig = z.output<typeof routerOsConfig>;

export function clientConfig(section: RouterOsConfig): ClientConfig {
  const { ca, fingerprint, servername } = section;
  return {
    host: section.host,
    port: section.port ?? (section.tls ? 8729 : 8728),
    tls: section.tls ? { ca, fingerprint, servername } : null,
    user: section.user,
    password: section.password,
    encoding: section.encoding,
    maxInFlight: section.max_in_flight,
    connectTimeoutMs: section.connect_timeout,
    commandTimeoutMs: section.command_timeout,
    idleCloseMs: section.idle_close,
  };
}

// The `routeros` section of a profile: where the router's API or REST is, how we know the router, how patient we are.
import { z } from 'zod';
import { duration } from '../../model/fields.ts';
import { encodings } from './charset.ts';
import type { ClientConfig } from './client.ts';
import { logins } from './login.ts';

export const routerOsConfig = z
  .strictObject({
    host: z.string().min(1),
    /** `rest` is RouterOS 7.1 and later, where the API's ports are not to be reached; each request is a login there. */
    via: z.enum(['api', 'rest']).default('api'),
    /** 8728, or 8729 with TLS; 443 for REST. */
    port: z.int().min(1).max(65_535).optional(),
    /** REST has it always. */
    tls: z.boolean().optional(),
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
    /** `challenge` is for RouterOS before 6.43: whoever listens gets an MD5 of the password. */
    login: z.enum(logins).default('plain'),
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
    const add = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const isRest = section.via === 'rest';
    if (isRest && section.tls === false)
      add('tls', 'is never off with via: rest, whose every request carries the password');
    if (isRest && section.login !== 'plain') add('login', 'is of the API: with via: rest there is one way to log in');
    if (isRest && section.user?.includes(':')) add('user', 'holds a colon, which HTTP Basic cannot carry');
    for (const key of ['ca', 'fingerprint', 'servername'] as const)
      if (!hasTls(section) && section[key] !== undefined) add(key, 'means nothing without tls: true');
  });

export type RouterOsConfig = z.output<typeof routerOsConfig>;

function hasTls({ tls, via }: Pick<RouterOsConfig, 'tls' | 'via'>): boolean {
  return tls ?? via === 'rest';
}

export function clientConfig(section: RouterOsConfig): ClientConfig {
  const { ca, fingerprint, servername, via } = section;
  const isTls = hasTls(section);
  return {
    host: section.host,
    port: section.port ?? (via === 'rest' ? 443 : isTls ? 8729 : 8728),
    tls: isTls ? { ca, fingerprint, servername } : null,
    user: section.user,
    password: section.password,
    login: section.login,
    encoding: section.encoding,
    maxInFlight: section.max_in_flight,
    connectTimeoutMs: section.connect_timeout,
    commandTimeoutMs: section.command_timeout,
    idleCloseMs: section.idle_close,
  };
}

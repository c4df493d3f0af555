// The `ssh` section of a profile's transports: where the box is, who we are there, and how we know that it is the box.
import ssh2 from 'ssh2';
import { z } from 'zod';
import { type HostKeyPolicy, hostKeyPolicy } from './host-key-policy.ts';

export interface SshConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  /** The key's text, as `ssh-keygen` writes it. */
  readonly private_key?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly host_key: HostKeyPolicy;
  /** Offers what old gear still needs: SHA-1 key exchange, CBC ciphers, MD5 MACs, DSA host keys. */
  readonly legacy: boolean;
  /** Milliseconds, all four. */
  readonly connect_timeout: number;
  readonly keepalive: number;
  readonly idle_close: number;
  /** Commands in flight at once; OpenSSH takes ten sessions on one connection unless told otherwise. */
  readonly max_channels: number;
  /** Bytes of standard output and error together that one command may print. */
  readonly max_output: number;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

const duration = (fallback: string) =>
  z
    .string()
    .regex(/^\d{1,6}(ms|s|m)$/, 'expected a duration like 500ms, 10s or 2m')
    .default(fallback)
    .transform((text) => Number.parseInt(text, 10) * (units[text.replace(/^\d+/, '')] ?? 1))
    .refine((milliseconds) => milliseconds > 0, 'must be more than 0');

export const sshConfig: z.ZodType<SshConfig> = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(22),
    user: z.string().min(1),
    password: z.string().min(1).optional(),
    private_key: z.string().min(1).optional(),
    passphrase: z.string().min(1).optional(),
    host_key: hostKeyPolicy,
    legacy: z.boolean().default(false),
    connect_timeout: duration('10s'),
    keepalive: duration('5s'),
    idle_close: duration('2m'),
    max_channels: z.int().min(1).max(64).default(4),
    max_output: z
      .int()
      .min(1_024)
      .max(256 * 1_024 * 1_024)
      .default(8 * 1_024 * 1_024),
  })
  .superRefine((config, context) => {
    if (config.password === undefined && config.private_key === undefined)
      context.addIssue({ code: 'custom', path: ['password'], message: 'give a password or a private_key' });
    if (config.private_key !== undefined && !isUsableKey(config.private_key, config.passphrase))
      context.addIssue({
        code: 'custom',
        path: ['private_key'],
        message: 'is not a private key that can be read, or its passphrase is missing or wrong',
      });
  });

function isUsableKey(text: string, passphrase: string | undefined): boolean {
  const key = ssh2.utils.parseKey(text, passphrase);
  return !(key instanceof Error) && (Array.isArray(key) ? key : [key]).some((one) => one.isPrivateKey());
}

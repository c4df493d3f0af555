// The `ssh` section of a profile's transports: where the box is, who we are there, and how we know that it is the box.
import ssh2 from 'ssh2';
import { z } from 'zod';
import { count, duration, size } from '../../model/fields.ts';
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

export const sshConfig: z.ZodType<SshConfig> = z
  .strictObject({
    host: z.string().min(1),
    port: count({ most: 65_535 }).default(22),
    user: z.string().min(1),
    password: z.string().min(1).optional(),
    private_key: z.string().min(1).optional(),
    passphrase: z.string().min(1).optional(),
    host_key: hostKeyPolicy,
    legacy: z.boolean().default(false),
    connect_timeout: duration(undefined, { least: 10 }).prefault('10s'),
    keepalive: duration(undefined, { least: 10 }).prefault('5s'),
    idle_close: duration(undefined, { least: 10 }).prefault('2m'),
    max_channels: count({ most: 64 }).default(4),
    max_output: size(undefined, { least: 1_024, most: 256 * 1_024 ** 2 }).prefault('8MB'),
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

// The `cli` section of a profile's transports: how the box's command line is reached, who we are there, and what it speaks.
import { z } from 'zod';
import { count, duration, size } from '../../model/fields.ts';
import { sshConfig } from '../ssh/config.ts';
import type { HostKeyPolicy } from '../ssh/host-key-policy.ts';
import type { Platform } from './platform.ts';
import { platformOf } from './profile-platform.ts';

export interface CliConfig {
  /** Telnet carries everything, passwords too, as plain text. */
  readonly via: 'ssh' | 'telnet';
  readonly host: string;
  readonly port: number;
  /** Absent where telnet asks for a password only. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly private_key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** Of SSH alone. */
  readonly host_key?: HostKeyPolicy | undefined;
  readonly legacy: boolean;
  readonly enable_password?: string | undefined;
  readonly platform: Platform;
  /** Dialogs at once, each with a session of its own. */
  readonly max_sessions: number;
  /** Milliseconds without work after which a session is closed. */
  readonly idle: number;
  /** Bytes that one command may print. */
  readonly max_output: number;
  readonly connect_timeout: number;
  readonly keepalive: number;
  /** Milliseconds of silence after which a prompt at the end is believed to be one. */
  readonly settle: number;
  /** Milliseconds that the box waits for the confirmation of a confirmed commit. */
  readonly confirm_within: number;
  /** Whether the box shows what is typed. */
  readonly echo: boolean;
}

const secret = z
  .string()
  .min(1)
  .regex(/^\P{Cc}*$/u, 'holds a control character, which cannot be typed')
  .optional();

export const cliConfig: z.ZodType<CliConfig> = z
  .strictObject({
    via: z.enum(['ssh', 'telnet']).default('ssh'),
    host: z.string().min(1),
    port: count({ most: 65_535 }).optional(),
    user: z
      .string()
      .min(1)
      .regex(/^\P{Cc}*$/u, 'holds a control character')
      .optional(),
    password: secret,
    private_key: z.string().min(1).optional(),
    passphrase: z.string().min(1).optional(),
    host_key: z.unknown().optional(),
    legacy: z.boolean().default(false),
    enable_password: secret,
    platform: platformOf,
    max_sessions: count({ most: 16 }).default(2),
    idle: duration(undefined, { least: 10 }).prefault('60s'),
    max_output: size(undefined, { least: 1_024, most: 256 * 1_024 ** 2 }).prefault('8MB'),
    connect_timeout: duration(undefined, { least: 10 }).prefault('10s'),
    keepalive: duration(undefined, { least: 10 }).prefault('5s'),
    settle: duration(undefined, { least: 5, most: 10_000 }).prefault('50ms'),
    confirm_within: duration(undefined, { least: 60_000, most: 3_600_000 }).prefault('2m'),
    echo: z.boolean().default(true),
  })
  .transform((section, context): CliConfig => {
    const add = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const rest = { ...section, port: section.port ?? (section.via === 'ssh' ? 22 : 23), host_key: undefined };
    if (section.via === 'telnet') {
      for (const key of ['private_key', 'passphrase', 'host_key'] as const)
        if (section[key] !== undefined) add(key, 'means nothing over telnet');
      return rest;
    }
    const { host, user, password, private_key, passphrase, host_key } = section;
    const parsed = sshConfig.safeParse({ host, user, password, private_key, passphrase, host_key });
    if (parsed.success) return { ...rest, host_key: parsed.data.host_key };
    for (const { path, message } of parsed.error.issues) add(String(path[0]), message);
    return rest;
  });

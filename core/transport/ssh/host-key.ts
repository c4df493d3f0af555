// Decides whether the key that a box shows is the box's own, by the profile's policy.
import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { OssiaError } from '../../errors.ts';
import type { HostKeyPolicy } from './host-key-policy.ts';
import { formatKnownHost, keysOf, keyTypeOf } from './known-hosts.ts';

export interface HostKeyCheck {
  readonly policy: HostKeyPolicy;
  readonly host: string;
  readonly port: number;
}

export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Resolves with the reason for turning the box away, or null when it is the right one. Never rejects. */
export async function hostKeyProblem(check: HostKeyCheck, shown: Buffer): Promise<OssiaError | null> {
  const { policy } = check;
  if (policy.type === 'pin') return pinProblem({ check, shown, pins: policy.fingerprints });
  const text = await readFile(policy.file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string' && !(policy.type === 'tofu' && text.code === 'ENOENT'))
    return identity(check, shown, `${policy.file} cannot be read (${text.code})`);
  const known = keysOf(typeof text === 'string' ? text : '', check);
  const isShown = ({ key }: { key: Buffer }) => key.equals(shown);
  if (known.some((one) => one.revoked && isShown(one)))
    return identity(check, shown, `${policy.file} has it as revoked`);
  const trusted = known.filter((one) => !one.revoked);
  if (trusted.some(isShown)) return null;
  if (trusted.length > 0) return identity(check, shown, `${policy.file} has ${list(trusted.map(({ key }) => key))}`);
  if (policy.type === 'known_hosts') return identity(check, shown, `${policy.file} has no key of this host`);
  return recordFirst({ check, shown, file: policy.file });
}

interface PinCheck {
  readonly check: HostKeyCheck;
  readonly shown: Buffer;
  readonly pins: readonly string[];
}

function pinProblem({ check, shown, pins }: PinCheck): OssiaError | null {
  const actual = fingerprintOf(shown);
  const bare = pins.map((pin) => pin.replace(/=+$/, ''));
  return bare.includes(actual) ? null : identity(check, shown, `the profile pins ${bare.join(' or ')}`);
}

async function recordFirst(first: { check: HostKeyCheck; shown: Buffer; file: string }): Promise<OssiaError | null> {
  const line = formatKnownHost({ address: first.check, key: first.shown });
  try {
    await appendFile(first.file, line, { mode: 0o600 });
    return null;
  } catch (error) {
    return identity(
      first.check,
      first.shown,
      `it cannot be recorded in ${first.file} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

function identity({ host, port }: HostKeyCheck, shown: Buffer, but: string): OssiaError {
  const message = `${host}:${port} shows the host key ${list([shown])}, but ${but}.`;
  return new OssiaError('nas_identity', message, { details: { fingerprint: fingerprintOf(shown) } });
}

function list(keys: readonly Buffer[]): string {
  return keys.map((key) => `${keyTypeOf(key)} ${fingerprintOf(key)}`).join(' or ');
}

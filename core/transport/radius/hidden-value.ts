// Values that are hidden with the secret and a salt, as Tunnel-Password (RFC 2868 section 3.5) and the keys of RFC 2548.
import { hash, randomBytes } from 'node:crypto';

export interface Hiding {
  readonly secret: Buffer;
  /** What the receiver takes for the Request Authenticator: zeros for CoA, as its own is computed over the hidden value. */
  readonly authenticator: Buffer;
}

/** A length byte goes in front, and it is padded to blocks of 16. */
export const longestHidden = 239;

/** With its salt in front. */
export function hideTunnelPassword(value: Buffer, { secret, authenticator }: Hiding): Buffer {
  const salt = randomBytes(2);
  // The high bit is set in every salt.
  salt[0] = (salt[0] as number) | 0x80;
  const plain = Buffer.alloc(Math.ceil((value.length + 1) / 16) * 16);
  plain[0] = value.length;
  value.copy(plain, 1);
  return Buffer.concat([salt, chain(plain, secret, Buffer.concat([authenticator, salt]))]);
}

/** Each block is mixed with a digest of the secret and the hidden block before it. */
function chain(plain: Buffer, secret: Buffer, start: Buffer): Buffer {
  let before = start;
  for (let at = 0; at < plain.length; at += 16) {
    const mask = hash('md5', Buffer.concat([secret, before]), 'buffer');
    for (let index = 0; index < 16; index++)
      plain[at + index] = (plain[at + index] as number) ^ (mask[index] as number);
    before = plain.subarray(at, at + 16);
  }
  return plain;
}

// How a profile says which host key is the box's own: a pin, a known_hosts file, or the first one seen, kept in a file.
import { isAbsolute } from 'node:path';
import { z } from 'zod';

export type HostKeyPolicy =
  /** `SHA256:` and the base64 of the key's digest, as `ssh-keygen -lf` prints it; one of them must match. */
  | { readonly type: 'pin'; readonly fingerprints: readonly string[] }
  | { readonly type: 'known_hosts'; readonly file: string }
  /** Trust on first use: like known_hosts, and an unknown host's key is added to the file. */
  | { readonly type: 'tofu'; readonly file: string };

const choices =
  "host_key is required, since without it anybody could be the box: 'SHA256:...' (or a list of them) as `ssh-keygen -lf` prints it, " +
  '{ known_hosts: /path }, or { tofu: /path } to keep the first key seen in that file';

const pin = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/);
const file = z.string().refine(isAbsolute);
const form = z.union([
  pin.transform((one): HostKeyPolicy => ({ type: 'pin', fingerprints: [one] })),
  z
    .array(pin)
    .min(1)
    .transform((fingerprints): HostKeyPolicy => ({ type: 'pin', fingerprints })),
  z
    .strictObject({ known_hosts: file })
    .transform((one): HostKeyPolicy => ({ type: 'known_hosts', file: one.known_hosts })),
  z.strictObject({ tofu: file }).transform((one): HostKeyPolicy => ({ type: 'tofu', file: one.tofu })),
]);

export const hostKeyPolicy = z.unknown().transform((value, context): HostKeyPolicy => {
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: value === undefined ? choices : `is none of the forms; ${choices}` });
  return z.NEVER;
});

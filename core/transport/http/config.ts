// The `http` section of a profile: where the box's API is, how it knows us, how we know it, how patient we are.
import { z } from 'zod';
import { duration, size } from '../../model/fields.ts';

/** RFC 9110 section 5.6.2; those that frame the message or name the host are not a profile's to set. */
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'is no name of a header')
  .refine(
    (name) =>
      !/^(host|content-length|content-type|transfer-encoding|connection|upgrade|te|trailer|expect)$/i.test(name),
    'is set by the request itself',
  );
/** One byte a character on the wire; line ends would begin a header of their own. */
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'holds a character that a header cannot carry');

const baseUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem =
    url === undefined || !/^https?:$/.test(url.protocol)
      ? 'expected an address like https://tv.example.net/api/'
      : url.username || url.password
        ? 'credentials go into user and password, or token'
        : url.search || url.hash
          ? 'expected no ? and no #: what every request carries goes into query'
          : '';
  if (url !== undefined && problem === '') return url.href.endsWith('/') ? url.href : `${url.href}/`;
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});

export const httpConfig = z
  .strictObject({
    /** Every request goes to a path under it; nothing else can be reached. */
    base_url: baseUrl,
    /** Sent as `Authorization: Bearer`. */
    token: headerValue.min(1).optional(),
    /** HTTP Basic, RFC 7617. */
    user: z.string().min(1).optional(),
    password: z.string().default(''),
    /** Sent with every request, e.g. a key; a plugin neither sees nor changes them. */
    headers: z.record(headerName, headerValue).default({}),
    query: z.record(z.string().min(1), z.string()).default({}),
    /** PEM of the authority that signed the box's certificate; the system's when it is not given. */
    ca: z.string().includes('-----BEGIN CERTIFICATE-----', { error: 'expected a certificate in PEM' }).optional(),
    /** The name in the certificate when it is not that of base_url. */
    servername: z.string().min(1).optional(),
    max_connections: z.int().min(1).max(256).default(8),
    max_answer: size(undefined, { least: 1024, most: 64 * 1024 ** 2 }).prefault('1MB'),
    /** For one request; the hook's deadline bounds it too. */
    timeout: duration(undefined, { least: 10 }).prefault('10s'),
  })
  .superRefine((section, context) => {
    const add = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (section.token !== undefined && section.user !== undefined)
      add('token', 'is one way to be known, user is another');
    if (section.user?.includes(':')) add('user', 'holds a colon, which HTTP Basic cannot carry');
    const isPlain = section.base_url?.startsWith('http:');
    for (const key of ['ca', 'servername'] as const)
      if (isPlain && section[key] !== undefined) add(key, 'means nothing without https');
  });

export type HttpConfig = z.output<typeof httpConfig>;

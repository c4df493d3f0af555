// The payloads of hooks: the billing's variables, checked as far as every box needs them right, the rest passed through untouched.
import { z } from 'zod';

/** A variable's value: a text; numbers and booleans are taken as the billing would print them, null as not sent. */
const variable = z
  .union([z.string().max(10_240, 'is longer than 10240 characters'), z.number(), z.boolean(), z.null()])
  .transform((value) => (value === null ? '' : value === true ? '1' : value === false ? '0' : String(value)));

const text = (pattern: RegExp, expected: string) =>
  variable.refine((value) => value === '' || pattern.test(value), { error: `expected ${expected}` });

const octet = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ipv4 = `(${octet}\\.){3}${octet}`;
/** Loose for IPv6: a box knows its own spelling; what matters here is that no other character gets in. */
const address = new RegExp(`^(${ipv4}|[0-9a-fA-F:]*:[0-9a-fA-F:]*(${ipv4})?)(/\\d{1,3})?$`);
const ip = text(address, 'an IPv4 or IPv6 address');
const kilobits = text(/^\d{1,9}$/, 'a whole number of kbit/s');

const present = <T extends z.ZodType<string>>(schema: T) =>
  schema.refine((value) => value !== '', { error: 'is empty' });

/** Lanes and rows are found by it: stored as UTF-8, two that are no Unicode would be one. */
const name = variable.refine((value) => value.isWellFormed(), { error: 'is not Unicode: half of a surrogate pair' });

const known = {
  user_id: present(name.refine((value) => value.length <= 64, { error: 'is longer than 64 characters' })),
  abonent_id: variable.optional(),
  login: variable.optional(),
  ip: ip.optional(),
  mac: variable.optional(),
  psw: variable.optional(),
  auth_type: variable.optional(),
  server: variable.optional(),
  snatip: ip.optional(),
  router_ip: ip.optional(),
  opt82: variable.optional(),
  switch_ip: ip.optional(),
  switch_port: variable.optional(),
  switch_vlan: variable.optional(),
  gpon_modem_port: variable.optional(),
  nas_ip: ip.optional(),
  nas_id: name.optional(),
  rate_in: kilobits.optional(),
  rate_out: kilobits.optional(),
  ceil_in: kilobits.optional(),
  ceil_out: kilobits.optional(),
  burst_in: variable.optional(),
  burst_out: variable.optional(),
  usluga_id: variable.optional(),
  acct_session_id: variable.optional(),
};

// Both also look at an account in which another field is wrong already: all that is wrong is said at once.
const always = (payload: z.core.ParsePayload): boolean => typeof payload.value === 'object' && payload.value !== null;

const boxNamed = z.refine<Record<string, unknown>>((account) => Boolean(account['nas_ip'] || account['nas_id']), {
  path: ['nas_ip'],
  error: 'nas_ip or nas_id must say which box this is for',
  when: always,
});

const variablesNamed = z.superRefine<Record<string, unknown>>(
  (account, context) => {
    for (const name of Object.keys(account))
      if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'a variable is named by Latin letters, digits and _',
        });
  },
  { when: always },
);

function payload<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object({ ...known, ...shape })
    .catchall(variable)
    .check(boxNamed, variablesNamed);
}

/** Any account on a box: `user_id`, and `nas_ip` or `nas_id`. */
export const accountPayload = payload({});

/** With the speed in kbit/s: `rate_in` from the subscriber, `rate_out` to the subscriber. */
export const ratePayload = payload({ rate_in: present(kilobits), rate_out: present(kilobits) });

/** With the service that it is about. */
export const servicePayload = payload({ usluga_id: present(variable) });

// A change as the attributes that ask for it, and as what must be seen on the box after it.
import { type RadiusAttributes, refuse, render } from '#plugin-sdk';
import type { Change, Input } from './options.ts';

/** What is not here is not looked for. */
export interface Seen {
  readonly sla?: string;
  readonly subscriber_profile?: string;
  readonly filter_in?: number;
  readonly filter_out?: number;
  /** kbit/s of the egress aggregate; null: no override. */
  readonly rate_limit?: number | null;
}

export interface Wanted {
  readonly attributes: RadiusAttributes;
  readonly seen: Seen;
  /** Of the attributes, what nothing shows. */
  readonly unseen: readonly string[];
}

/** The reference guide says 16 characters up to release 14, 32 later. */
const longestProfile = 32;

export function wantedOf(input: Input, change: Change): Wanted {
  const profile = (attribute: string, template: string | undefined): string | undefined => {
    if (template === undefined) return undefined;
    const name = render(template, { account: input.account, hook: input.hook, attribute }) ?? '';
    if (name.length > longestProfile || /[\p{Cc}"]/u.test(name))
      throw refuse(
        `${input.hook}: ${attribute} takes at most ${longestProfile} characters, no quotes and no control characters.`,
      );
    return name;
  };
  const sla = profile('Alc-SLA-Prof-Str', change.sla);
  const subscriber = profile('Alc-Subsc-Prof-Str', change.subscriber_profile);
  const { filter_in: filterIn, filter_out: filterOut, attributes: others = {} } = change;
  const filter = [
    ...(filterIn === undefined ? [] : [`Ingr-v4:${filterIn}`]),
    ...(filterOut === undefined ? [] : [`Egr-v4:${filterOut}`]),
  ].join(',');
  const rendered = Object.entries(others).map(([attribute, template]) => {
    return [attribute, render(template, { account: input.account, hook: input.hook, attribute }) ?? ''] as const;
  });
  return {
    attributes: {
      ...(subscriber !== undefined && { 'Alc-Subsc-Prof-Str': subscriber }),
      ...(sla !== undefined && { 'Alc-SLA-Prof-Str': sla }),
      ...(filter !== '' && { 'Alc-Subscriber-Filter': filter }),
      ...Object.fromEntries(rendered),
    },
    seen: {
      ...(sla !== undefined && { sla }),
      ...(subscriber !== undefined && { subscriber_profile: subscriber }),
      ...(filterIn !== undefined && { filter_in: filterIn }),
      ...(filterOut !== undefined && { filter_out: filterOut }),
    },
    unseen: rendered.map(([attribute]) => attribute),
  };
}

/** Of the override that `show` prints. */
const aggregate = /^e:r:rate=(.+)$/i;

/** A speed in kbit/s; 0 is no limit, and `none` takes the override away. */
export function wantedRate({ account, hook, options }: Input, none: boolean): Wanted {
  const unlimited = { ...account };
  for (const name of ['rate_in', 'rate_out', 'ceil_in', 'ceil_out'])
    if (unlimited[name] === '0') unlimited[name] = 'max';
  const overrides = options.rate.map((template) =>
    none
      ? template.replace(/=[^,]+/g, '=-2')
      : (render(template, { account: unlimited, hook, attribute: 'Alc-Subscriber-QoS-Override' }) ?? ''),
  );
  const shown = overrides.map((one) => aggregate.exec(one)?.[1]).find((rate) => rate !== undefined);
  return {
    attributes: { 'Alc-Subscriber-QoS-Override': overrides },
    seen: shown === undefined ? {} : { rate_limit: /^\d+$/.test(shown) ? Number(shown) : null },
    unseen: overrides.filter((one) => !aggregate.test(one)),
  };
}

// Names of QoS profiles, checked before they are sent: a subscriber whose profile the box has not is thrown off it, unless it is told otherwise.
import { refuse, render } from '#plugin-sdk';
import type { Input, Me60Options } from './options.ts';

/** Bytes of the attribute, by Huawei's list. */
const longest = 63;

/** Throws a refusal for a name that the box would not find. */
export function profileName({ account, hook, options }: Input, template: string): string {
  const made = render(template, { account, hook, attribute: 'the QoS profile' }) ?? '';
  const name = options.case_sensitive ? made : made.toLowerCase();
  if (name === '' || /[\s\p{Cc}]/u.test(name) || new TextEncoder().encode(name).length > longest)
    throw refuse(`${hook}: ${JSON.stringify(name.slice(0, 80))} is no name of a QoS profile, 1 to ${longest} bytes.`);
  const isKnown = (options.known_profiles ?? []).includes(name);
  if (!isKnown && (options.no_exist_policy ?? 'offline') === 'offline')
    throw refuse(
      `${hook}: the QoS profile ${JSON.stringify(name)} is not in known_profiles, and a box that has not got it takes its subscriber offline.`,
    );
  return name;
}

/** What is wrong with the options themselves; empty when nothing is. */
export function problemOf({
  known_profiles: known = [],
  case_sensitive,
  no_exist_policy,
  ...rest
}: Me60Options): string {
  const large = known.find((name) => name !== name.toLowerCase());
  if (large !== undefined && !case_sensitive)
    return `known_profiles has ${large}, which the box looks for in small letters, and does not find`;
  const { lift: how, ...states } = rest.states ?? { lift: 'renew' };
  const { internet, ...reasons } = states;
  const stays = Object.values(reasons)
    .flatMap((state) => Object.keys(state))
    .find((name) => how === 'coa' && internet !== undefined && !Object.hasOwn(internet, name));
  if (stays !== undefined) return `states.internet has no ${stays}, so that of a reason would stay when it is lifted`;
  if (no_exist_policy === 'online') return '';
  const named = [
    ...Object.values(states).flatMap((state) => [state.qos_profile, state.down_qos_profile]),
    rest.rate?.profile,
    rest.rate?.down_profile,
    rest.rate?.no_limit,
  ];
  const unknown = named.find(
    (name) => name !== undefined && !name.includes('{') && !known.includes(case_sensitive ? name : name.toLowerCase()),
  );
  return unknown === undefined ? '' : `the QoS profile ${unknown} is not in known_profiles`;
}

// Which services go and which come, from those that are active: pure. A hook says one thing; what else holds is seen on the session.
import { refuse, render, unsupported } from '#plugin-sdk';
import { hasVariables, isOf } from './names.ts';
import { type Input, type Reason, reasons, servicesOf } from './options.ts';

/** What a hook is about. */
export type Change =
  | { readonly restrict: Reason }
  | { readonly lift: Reason }
  | { readonly rate: boolean }
  | { readonly usluga: boolean };

export interface Plan {
  readonly off: readonly string[];
  readonly on: readonly string[];
}

/** Templates of names, and whether services of these names are to be active now. */
interface Family {
  readonly templates: readonly string[];
  readonly wanted: boolean;
}

/** Without `active`, of a dry run, nothing is known: all that could go goes. */
export function planOf(input: Input, change: Change, active: ReadonlySet<string> | null): Plan {
  const families = familiesOf(input, change, active);
  const wanted = new Set(families.flatMap((family) => (family.wanted ? namesOf(input, family.templates) : [])));
  const others = families.flatMap(({ templates }) =>
    active === null
      ? templates.filter((template) => !hasVariables([template]))
      : [...active].filter((name) => isOf(name, templates)),
  );
  return {
    off: [...new Set(others)].filter((name) => !wanted.has(name)),
    on: [...wanted].filter((name) => active?.has(name) !== true),
  };
}

/** The reasons whose services are active. */
export function reasonsIn(options: Input['options'], active: ReadonlySet<string>): Reason[] {
  return reasons.filter((reason) => [...active].some((name) => isOf(name, servicesOf(options, reason))));
}

/** For which reason there is a service; one without is settled by a new login. */
export function hasService(input: Input, reason: Reason): boolean {
  return servicesOf(input.options, reason).length > 0;
}

function familiesOf(input: Input, change: Change, active: ReadonlySet<string> | null): Family[] {
  const { options } = input;
  const internet = servicesOf(options, 'internet');
  const holding = active === null ? [] : reasonsIn(options, active);
  if ('restrict' in change)
    return [
      { templates: internet, wanted: false },
      { templates: servicesOf(options, change.restrict), wanted: true },
    ];
  if ('lift' in change) {
    const isFree = holding.every((reason) => reason === change.lift);
    return [
      { templates: servicesOf(options, change.lift), wanted: false },
      ...(isFree ? [{ templates: internet, wanted: true }] : []),
    ];
  }
  if ('rate' in change) {
    const rate = servicesOf(options, 'rate');
    // The speed can be in the name of the internet itself, which a restricted session has not got.
    const isShaped = hasVariables(internet) && change.rate;
    if (rate.length === 0 && !isShaped) throw unsupported('The profile names no service for speeds.');
    const isFree = holding.length === 0;
    return [
      { templates: rate, wanted: change.rate },
      ...(isShaped && isFree ? [{ templates: internet, wanted: true }] : []),
    ];
  }
  return [{ templates: namesOf(input, uslugaOf(input)), wanted: change.usluga }];
}

function uslugaOf({ account, options: { services = {} } }: Input): readonly string[] {
  const { usluga = {}, any_usluga: any } = services;
  const id = account['usluga_id'] ?? '';
  if (Object.hasOwn(usluga, id)) return usluga[id] ?? [];
  if (any === undefined) throw unsupported('The profile names no service for this usluga_id.');
  return [any];
}

function namesOf({ account, hook }: Input, templates: readonly string[]): string[] {
  return templates.map((template) => {
    const name = template.includes('{') ? render(template, { account, hook, attribute: 'the service name' }) : template;
    if (!name) throw refuse(`${hook} cannot make the service name.`);
    return name;
  });
}

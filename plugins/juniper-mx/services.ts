// Services as Junos writes them, `name(parameter,parameter)`: made of templates, and never more than one of them.
import { refuse, render, unsupported } from '#plugin-sdk';
import type { Input, Reason } from './options.ts';

/** Nothing that separates or quotes: Junos has no way to quote a parameter. */
const form = /^[^\s\p{Cc}(),"]+(?:\([^\s\p{Cc}()"]*\))?$/u;

export function servicesOf(input: Input, family: Reason | 'internet'): string[] {
  return (input.options.services?.[family] ?? []).map((template) => serviceIn(input, template));
}

export function uslugaOf(input: Input): string[] {
  const { usluga = {}, any_usluga: any } = input.options.services ?? {};
  const id = input.account['usluga_id'] ?? '';
  const templates = Object.hasOwn(usluga, id) ? (usluga[id] ?? []) : any === undefined ? [] : [any];
  if (templates.length === 0) throw unsupported('The profile names no service for this usluga_id.');
  return templates.map((template) => serviceIn(input, template));
}

/** Throws a refusal when a variable is missing, or its value would be more than a parameter. */
export function serviceIn(input: Input, template: string): string {
  const { account, hook } = input;
  const service = render(template, { account, hook, attribute: 'the service' });
  if (service === undefined || !form.test(service))
    throw refuse(`${hook} cannot make the service: ${JSON.stringify(template)} became no name with parameters.`);
  return service;
}

/** Deactivated by its name alone, a service goes with all its instances. */
export function nameOf(service: string): string {
  return service.split('(')[0] ?? service;
}

/** The names of a family, without the parameters: their variables are not in every event that only deactivates. */
export function familyNames(input: Input, family: Reason | 'internet'): string[] {
  const templates = input.options.services?.[family] ?? [];
  return [...new Set(templates.map((template) => serviceIn(input, nameOf(template))))];
}

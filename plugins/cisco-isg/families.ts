// Whether the services of a profile can be told apart: which one is active has to say what holds.
import { hasVariables, isOf } from './names.ts';
import { type IsgOptions, reasons, servicesOf } from './options.ts';

/** What is wrong with them, in words; empty when nothing is. */
export function confusionIn(options: IsgOptions): string {
  const families = [...reasons, 'internet' as const, 'rate' as const].map((name) => ({
    name,
    templates: servicesOf(options, name),
  }));
  // Several usluga_id may share a service.
  const usluga = { name: 'usluga', templates: Object.values(options.services?.usluga ?? {}).flat() };
  for (const one of [...families, usluga])
    for (const other of families)
      for (const service of one === other ? [] : one.templates)
        if (other.templates.includes(service) || (!hasVariables([service]) && isOf(service, other.templates)))
          return `${service} of ${one.name} is also one of ${other.name}, and which of them holds could not be told`;
  return '';
}

// Whether the services of a profile can be told apart: which one is active has to say what holds.
import { hasVariables, isOf } from './names.ts';
import { type IsgOptions, reasons, servicesOf } from './options.ts';

/** What is wrong with them, in words; empty when nothing is. */
export function confusionIn(options: IsgOptions): string {
  return shownTwice(options) || notShown(options);
}

/** The internet comes when no reason is seen on the session; one without a service is not seen, and user_accept would let in who has it. */
function notShown(options: IsgOptions): string {
  const unseen = reasons.filter((reason) => servicesOf(options, reason).length === 0);
  if (servicesOf(options, 'internet').length === 0 || unseen.length === 0 || unseen.length === reasons.length)
    return '';
  return `there is an internet and no service of ${unseen.join(' and ')}, so who is let in could have that reason still`;
}

function shownTwice(options: IsgOptions): string {
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

// One step of a hook as the attributes of its request: who is meant, and what is to become of him.
import { isOptional, type RadiusAttributes, refuse, render } from '#plugin-sdk';
import { type Input, identifyOf, type Step, type Templates, type Value } from './options.ts';

export interface Request {
  readonly method: 'coa' | 'disconnect';
  readonly attributes: RadiusAttributes;
  /** The same without what `identify` marks as optional; undefined when that is no less, or names nobody. */
  wider(): RadiusAttributes | undefined;
}

/** They say which box is meant and nothing of the session. */
const ofTheBox: ReadonlySet<string> = new Set(['NAS-IP-Address', 'NAS-IPv6-Address', 'NAS-Identifier']);

export function requestOf(input: Input, step: Step): Request {
  const [method, templates] = 'coa' in step ? (['coa', step.coa] as const) : (['disconnect', step.disconnect] as const);
  const identify = identifyOf(input.options);
  const identity = renderAll(input, identify);
  // Without one, a box may take any session, or all.
  if (!names(identity))
    throw refuse(
      `${input.hook} would name no session: the billing sent nothing that identify (${Object.keys(identify).join(', ')}) takes.`,
    );
  const rest = renderAll(input, templates);
  const attributes = { ...identity, ...rest };
  return {
    method,
    attributes,
    wider() {
      const certain = Object.fromEntries(Object.entries(identity).filter(([name]) => !isDoubtful(input, name)));
      const fewer = { ...certain, ...rest };
      const isLess = Object.keys(fewer).length < Object.keys(attributes).length;
      return isLess && names(certain) ? fewer : undefined;
    },
  };
}

function renderAll(input: Input, templates: Templates): RadiusAttributes {
  const attributes: RadiusAttributes = {};
  for (const [attribute, given] of Object.entries(templates)) {
    const rendering = { account: input.account, hook: input.hook, attribute };
    const values = listOf(given).flatMap((value) => {
      const text = typeof value === 'string' ? render(value, rendering) : value;
      return text === undefined ? [] : [text];
    });
    const [only] = values;
    if (only !== undefined) attributes[attribute] = values.length === 1 ? only : values;
  }
  return attributes;
}

function isDoubtful({ account, hook, options }: Input, attribute: string): boolean {
  const given = listOf(identifyOf(options)[attribute] ?? []);
  return given.some((value) => typeof value === 'string' && isOptional(value, { account, hook, attribute }));
}

function names(identity: RadiusAttributes): boolean {
  return Object.keys(identity).some((attribute) => !ofTheBox.has(attribute));
}

function listOf(given: Value | readonly Value[]): readonly Value[] {
  return typeof given === 'object' ? given : [given];
}

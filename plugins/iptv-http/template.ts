// Templates: `{login}` in any text of a request, `{email?}` to leave the field out without it, `{package#}` for a number, `{{` for a brace.
import { refuse } from '#plugin-sdk';

export type Values = Readonly<Record<string, string>>;

const token = /\{(?:\{|([A-Za-z][A-Za-z0-9_]{0,63})([#?])?\})/g;
const alone = /^\{([A-Za-z][A-Za-z0-9_]{0,63})#\}$/;
/** Of a path's part; the transport takes no more than 1024. */
const longestPart = 200;

/** Every text in it, at any depth; undefined where an optional variable is missing. */
export function render(template: unknown, values: Values): unknown {
  if (typeof template === 'string') return renderText(template, values);
  if (Array.isArray(template)) return template.map((one) => render(one, values)).filter((one) => one !== undefined);
  if (typeof template !== 'object' || template === null) return template;
  const entries = Object.entries(template).map(([name, one]) => [name, render(one, values)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** One part of a path, which the transport encodes by itself. */
export function renderPart(template: string, values: Values): string {
  const text = String(renderText(template, values) ?? '');
  if (text === '' || text.length > longestPart || !text.isWellFormed())
    throw refuse(`The path's part ${template} would be empty, no Unicode or longer than ${longestPart} characters.`);
  return text;
}

function renderText(template: string, values: Values): string | number | undefined {
  const [, number] = alone.exec(template) ?? [];
  if (number !== undefined) return numberOf(textFor(number, values), number);
  let isMissing = false;
  const text = template.replace(token, (_all, name: string | undefined, mark: string | undefined) => {
    if (name === undefined) return '{';
    if (mark === '?' && !has(name, values)) isMissing = true;
    return isMissing ? '' : textFor(name, values);
  });
  return isMissing ? undefined : text;
}

function has(name: string, values: Values): boolean {
  return Object.hasOwn(values, name) && values[name] !== '';
}

function textFor(name: string, values: Values): string {
  const value = has(name, values) ? values[name] : undefined;
  if (value === undefined) throw refuse(`The billing sent no ${name}, which this middleware is told.`);
  return value;
}

function numberOf(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw refuse(`The value of ${name} is no whole number, which this middleware wants.`);
  return Number(text);
}

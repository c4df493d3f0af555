// Names of services that have variables in them: which active service is one of a template, and what speed it says.

const variable = /\{([A-Za-z][A-Za-z0-9_]*)(?:\*(\d+))?\}/g;

/** Any values but those that separate. */
const anything = '[^\\s;]+?';

export function isOf(name: string, templates: readonly string[]): boolean {
  return templates.some((template) => patternOf(template).test(name));
}

export function hasVariables(templates: readonly string[]): boolean {
  return templates.some((template) => template.includes('{'));
}

/** The speeds that a name says, in kbit/s; null when it does not say both. */
export function rateIn(name: string, template: string): { rate_in: number; rate_out: number } | null {
  const values = patternOf(template).exec(name)?.slice(1);
  const parts = [...template.matchAll(variable)];
  const kbit = (wanted: string): number => {
    const at = parts.findIndex(([, one]) => one === wanted);
    return Number(values?.[at]) / Number(parts[at]?.[2] ?? 1);
  };
  const [rate_in, rate_out] = [kbit('rate_in'), kbit('rate_out')];
  return Number.isInteger(rate_in) && Number.isInteger(rate_out) ? { rate_in, rate_out } : null;
}

const patterns = new Map<string, RegExp>();

function patternOf(template: string): RegExp {
  const known = patterns.get(template);
  if (known) return known;
  let source = '';
  let at = 0;
  for (const match of template.matchAll(variable)) {
    source += `${escaped(template.slice(at, match.index))}(${match[1]?.startsWith('rate_') ? '\\d+' : anything})`;
    at = match.index + match[0].length;
  }
  const pattern = new RegExp(`^${source}${escaped(template.slice(at))}$`, 'u');
  patterns.set(template, pattern);
  return pattern;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

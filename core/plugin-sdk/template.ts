// Templates of attribute values: `{rate_in}k`, `{rate_in*1000}`, `{acct_session_id?}`, and `{{` for a brace.
import { refuse } from './verdict.ts';

interface Variable {
  readonly name: string;
  /** The value is a whole number and is multiplied by this. */
  readonly factor: bigint | undefined;
  readonly optional: boolean;
}

interface Template {
  readonly pieces: readonly (string | Variable)[];
  /** Whether the attribute may be left out. */
  readonly optional: boolean;
}

/** Whose value is rendered. */
export interface Rendering {
  /** The billing's variables. */
  readonly account: Readonly<Record<string, string>>;
  /** For refusals. */
  readonly hook: string;
  /** The attribute's name, for refusals. */
  readonly attribute: string;
}

/** More bytes, and so more characters, no RADIUS attribute holds. */
const longest = 253;
const token = /\{(?:\{|([A-Za-z][A-Za-z0-9_]{0,63})(?:\*([1-9]\d{0,8}))?(\?)?\})/g;
/** What separates or quotes in the small languages inside attributes, e.g. `svc(10,20)`. */
const separator = /[\s\p{Cc},;()[\]{}<>"'`#=\\|&$]/u;

/** A profile has few templates, and an isolate serves one profile: all are kept. */
const parsed = new Map<string, Template>();

/**
 * `render('svc({rate_out*1000})', { account, hook, attribute })`: the template with the billing's variables in it. Inside a longer text a value
 * with a space, quote, bracket or other separator is refused. Undefined when it is to be left out, by `{name?}`. Throws a refusal that
 * names attribute and variable.
 */
export function render(text: string, rendering: Rendering): string | undefined {
  const { pieces } = templateOf(text, rendering);
  let value = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') value += piece;
    else {
      const own = variableText(piece, rendering);
      if (own === undefined) return undefined;
      if (pieces.length > 1 && separator.test(own))
        throw refused(
          rendering,
          `the value of ${piece.name} holds a space, quote or separator, which inside a longer text could change its meaning`,
        );
      value += own;
    }
  }
  if (value.length > longest)
    throw refused(rendering, `its value has ${value.length} characters; a RADIUS attribute holds ${longest} bytes`);
  return value;
}

/** Whether the billing need not send all that it takes. */
export function isOptional(text: string, rendering: Rendering): boolean {
  return templateOf(text, rendering).optional;
}

function variableText({ name, factor, optional }: Variable, rendering: Rendering): string | undefined {
  const { account } = rendering;
  const value = Object.hasOwn(account, name) ? account[name] : undefined;
  if (value === undefined || value === '') {
    if (optional) return undefined;
    const state = value === undefined ? 'was not sent' : 'is empty';
    throw refused(rendering, `it takes the variable ${name}, which ${state}`);
  }
  if (factor === undefined) return value;
  if (!/^\d{1,18}$/.test(value))
    throw refused(rendering, `it multiplies the variable ${name}, whose value is no whole number`);
  return String(BigInt(value) * factor);
}

function templateOf(text: string, rendering: Rendering): Template {
  const known = parsed.get(text);
  if (known) return known;
  const pieces: (string | Variable)[] = [];
  let at = 0;
  const literal = (end: number) => {
    const part = text.slice(at, end);
    // The schema of the options has refused such a template already.
    if (part.includes('{')) throw refused(rendering, 'its template has a brace that is neither a variable nor doubled');
    if (part !== '') pieces.push(part);
  };
  for (const match of text.matchAll(token)) {
    literal(match.index);
    at = match.index + match[0].length;
    const [, name, factor, mark] = match;
    if (name === undefined) pieces.push('{');
    else pieces.push({ name, factor: factor === undefined ? undefined : BigInt(factor), optional: mark === '?' });
  }
  literal(text.length);
  const template = { pieces, optional: pieces.some((piece) => typeof piece === 'object' && piece.optional) };
  parsed.set(text, template);
  return template;
}

function refused({ hook, attribute }: Rendering, problem: string): Error {
  return refuse(`${hook} cannot make ${attribute}: ${problem}.`);
}

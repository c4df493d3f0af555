// From an account's whole state as it came, hostile, to a parsed one, or to every field that is wrong with it.
import { z } from 'zod';
import type { FieldProblem } from '../errors.ts';
import type { WantedState } from '../map/derive.ts';
import type { Effects } from '../map/effects.ts';
import { eventId } from '../map/parse-event.ts';
import { problemsOf } from '../map/wording.ts';
import type { Account } from '../model/account.ts';
import { nearest } from '../model/did-you-mean.ts';
import { accessFlags, passingVariables, rateText, rateVariables } from '../model/state.ts';

export type ParsedState =
  | { readonly ok: true; readonly userId: string; readonly id: string | undefined; readonly wanted: WantedState }
  | { readonly ok: false; readonly userId: string; readonly fields: readonly FieldProblem[] };

const flag = z.boolean({ error: 'expected true or false' }).optional();
const serviceId = z
  .union([z.string(), z.number()], { error: 'expected the usluga_id of a service' })
  .transform(String)
  .refine((id) => id !== '' && id.length <= 200, { error: 'expected 1 to 200 characters' });

export const stateSchema = z.strictObject({
  id: eventId.optional(),
  user_id: z.union([z.string(), z.number()], { error: 'expected a text or a number' }).transform(String).optional(),
  variables: z.record(z.string(), z.unknown()),
  exists: flag,
  accept: flag,
  redirect: flag,
  own_disabled: flag,
  logged: flag,
  rate: z.record(z.string(), z.unknown()).nullable().optional(),
  services: z.array(serviceId, { error: 'expected a list of usluga_id' }).max(1000, 'more than 1000').optional(),
});

/** What the catalogue has to say of: checked also when something else of the state is wrong. */
const insideSchema = stateSchema.pick({ variables: true, rate: true }).strip();

interface Parsing {
  readonly body: unknown;
  /** Whose state it is, when something else than the body says so. */
  readonly userId?: string;
  readonly effects: Effects;
}

export function parseState({ body, userId, effects }: Parsing): ParsedState {
  const outer = stateSchema.safeParse(body);
  if (!outer.success) {
    const owner = userId ?? looseId(body);
    const fields = outer.error.issues.flatMap((issue) => inWords(issue, body));
    const rest = insideSchema.safeParse(body);
    return refused(owner, rest.success ? [...fields, ...inside(rest.data, { id: owner, effects }).problems] : fields);
  }
  const { data } = outer;
  const id = userId ?? data.user_id ?? textOf(data.variables['user_id']);
  const problems: FieldProblem[] = [];
  const others = { '/user_id': data.user_id, '/variables/user_id': textOf(data.variables['user_id']) };
  for (const [where, other] of Object.entries(others))
    if (other !== undefined && other !== id) problems.push({ where, problem: `is not ${id}, whose state this is` });
  if (id === undefined) problems.push({ where: '/user_id', problem: 'is missing' });
  const { rates, sent, account, problems: wrong } = inside(data, { id, effects });
  problems.push(...wrong);
  const { exists, problem } = existsOf(data.exists, textOf(data.variables['deleted']));
  if (problem !== undefined) problems.push({ where: '/exists', problem });
  if (problems.length > 0 || account === undefined || id === undefined) return refused(id ?? '', problems);

  const told: Record<string, string> = exists === undefined ? {} : { exists: String(exists) };
  for (const name of accessFlags) if (name !== 'exists' && data[name] !== undefined) told[name] = String(data[name]);
  if (rates !== null) told['rate'] = rateText(account);
  else if (data.rate === null) told['rate'] = 'none';
  return {
    ok: true,
    userId: id,
    id: data.id,
    wanted: {
      variables: stayingOf(account, sent),
      told,
      ...(data.services !== undefined && { services: [...new Set(data.services)] }),
    },
  };
}

interface Within {
  readonly id: string | undefined;
  readonly effects: Effects;
}

/** The variables and rates, as the hooks that carry them take them. */
function inside({ variables, rate }: z.output<typeof insideSchema>, { id, effects }: Within) {
  const rates = ratesIn(rate, variables);
  const problems: FieldProblem[] = [];
  for (const name of Object.keys(rate ?? {}))
    if (!isRate(name)) problems.push({ where: `/rate/${name}`, problem: `is no rate${meant(name, rateVariables)}` });
  const sent: Record<string, unknown> = { ...variables, ...rates?.values, user_id: id || '0' };
  const hook = rates === null ? effects.edited : effects.bringing('rate', 'payload');
  const parsed = hook.payload.safeParse(sent);
  for (const issue of parsed.error?.issues ?? []) {
    const prefix = rates !== null && isRate(String(issue.path[0])) ? rates.where : '/variables';
    problems.push(...problemsOf(issue, { prefix, sent, unknown }));
  }
  return { rates, sent, problems, account: parsed.success ? (parsed.data as Account) : undefined };
}

/** Null: no speed is told. Without `rate`, what the billing's own variables say of it counts. */
function ratesIn(
  rate: Readonly<Record<string, unknown>> | null | undefined,
  variables: Readonly<Record<string, unknown>>,
) {
  if (rate === null) return null;
  if (rate !== undefined)
    // Rates among the variables have nothing to say then.
    return {
      where: '/rate',
      values: { ...Object.fromEntries(rateVariables.map((name) => [name, undefined])), ...onlyRates(rate) },
    };
  const told = onlyRates(variables);
  const isTold = Object.values(told).some((value) => value !== '' && value !== null);
  return isTold ? { where: '/variables', values: told } : null;
}

function onlyRates(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isRate(name)));
}

const rateNames: ReadonlySet<string> = new Set(rateVariables);

function isRate(name: string): boolean {
  return rateNames.has(name);
}

/** A variable sent as null is one that was not sent. */
function stayingOf(parsed: Account, sent: Readonly<Record<string, unknown>>): Account {
  const variables: Record<string, string> = {};
  for (const name of Object.keys(parsed)) {
    const value = parsed[name];
    if (value !== undefined && sent[name] !== null && !passingVariables.has(name) && !isRate(name))
      variables[name] = value;
  }
  return variables;
}

/** The billing's variable `deleted` says the same as `exists`. */
function existsOf(exists: boolean | undefined, deleted: string | undefined): { exists?: boolean; problem?: string } {
  const said = deleted === '1' ? false : deleted === '0' ? true : undefined;
  if (exists !== undefined && said !== undefined && exists !== said)
    return { problem: `is ${exists}, but the variable deleted is ${deleted}` };
  const either = exists ?? said;
  return either === undefined ? {} : { exists: either };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function looseId(body: unknown): string {
  return typeof body === 'object' && body !== null && 'user_id' in body
    ? (textOf(body.user_id) ?? '').slice(0, 64)
    : '';
}

function refused(userId: string, fields: readonly FieldProblem[]): ParsedState {
  return { ok: false, userId, fields };
}

function inWords(issue: z.core.$ZodIssue, sent: unknown): FieldProblem[] {
  return problemsOf(issue, { prefix: '', sent, unknown });
}

function unknown(field: string): string {
  return `is not a field of an account's state${meant(field, Object.keys(stateSchema.shape)) || "; the billing's variables go into variables"}`;
}

function meant(word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

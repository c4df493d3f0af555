// Whole states at the edge: what is taken, and that every wrong field is named.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseState } from '#core/accounts/parse-state.ts';
import { effectsOf } from '#core/map/effects.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { subscriber } from '#test/support/taking-stage.ts';

const effects = effectsOf(catalogue);
const parse = (body: unknown, userId: string | undefined = '1001') =>
  parseState({ body, effects, ...(userId !== undefined && { userId }) });
const variables = subscriber();

const wrong: readonly (readonly [string, unknown, Readonly<Record<string, string>>])[] = [
  ['no object', 'да', { '': 'expected an object' }],
  ['no variables', { exists: true }, { '/variables': 'is missing' }],
  ['a flag that is a text', { variables, accept: 'yes' }, { '/accept': 'expected true or false' }],
  ['an unknown field', { variables, own_disable: true }, { '/own_disable': 'did you mean own_disabled?' }],
  ['variables beside', { variables, login: 'x' }, { '/login': 'go into variables' }],
  ['another account', { user_id: '7', variables }, { '/user_id': 'is not 1001' }],
  [
    'variables of another account',
    { variables: { ...variables, user_id: 8 } },
    { '/variables/user_id': 'is not 1001' },
  ],
  ['no box', { variables: { login: 'а' } }, { '/variables/nas_ip': 'which box' }],
  ['a wrong address', { variables: { ...variables, ip: '10.1.2.300' } }, { '/variables/ip': 'IPv4 or IPv6' }],
  ['half a speed', { variables, rate: { rate_in: '100' } }, { '/rate/rate_out': 'is missing' }],
  ['a speed in words', { variables, rate: { rate_in: '10M', rate_out: '1' } }, { '/rate/rate_in': 'kbit/s' }],
  [
    'a rate that is none',
    { variables, rate: { rate_in: 1, rate_out: 1, rate_outt: 1 } },
    { '/rate/rate_outt': 'did you mean rate_out?' },
  ],
  [
    'half a speed among variables',
    { variables: { ...variables, rate_in: '100' } },
    { '/variables/rate_out': 'is missing' },
  ],
  ['services as one text', { variables, services: 'тв' }, { '/services': 'expected a list' }],
  ['an empty service', { variables, services: ['1', ''] }, { '/services/1': '1 to 200' }],
  [
    'exists against deleted',
    { variables: { ...variables, deleted: '1' }, exists: true },
    { '/exists': 'deleted is 1' },
  ],
  [
    'many wrong things at once',
    { variables: { ...variables, ip: 'нет' }, accept: 1, rate: { rate_in: '10M', rate_out: 1 }, extra: 1 },
    {
      '/accept': 'true or false',
      '/extra': 'is not a field',
      '/variables/ip': 'IPv4 or IPv6',
      '/rate/rate_in': 'kbit/s',
    },
  ],
  ['half of a character as id', { id: '\ud800', variables }, { '/id': 'Unicode' }],
];

test.each(wrong)('a state with %s is refused, every wrong field named', (_, body, fields) => {
  const parsed = parse(body);
  if (parsed.ok) throw new Error('was taken');
  expect(parsed.fields.map(({ where }) => where)).toEqual(Object.keys(fields));
  for (const { where, problem } of parsed.fields) expect(problem, where).toContain(fields[where]);
});

test('a line without user_id is nobody’s', () => {
  const { user_id: _, ...others } = variables;
  expect(parseState({ body: { variables: others }, effects })).toMatchObject({
    ok: false,
    fields: [{ where: '/user_id' }],
  });
  expect(parseState({ body: { user_id: 1001, variables: others }, effects })).toMatchObject({
    ok: true,
    userId: '1001',
  });
  expect(parseState({ body: { variables }, effects })).toMatchObject({ ok: true, userId: '1001' });
});

test('all that a state can tell is told', () => {
  const parsed = parse({
    id: 'снимок-7',
    variables: {
      ...variables,
      vip: true,
      balance: -10.5,
      mac: null,
      usluga_id: '5',
      acct_session_id: 'x',
      rate_in: '9',
      rate_out: '9',
    },
    ...{ exists: true, accept: false, redirect: true, own_disabled: false, logged: true },
    rate: { rate_in: 1024, rate_out: '2048', ceil_in: '' },
    services: ['тв', 7, 'тв'],
  });
  expect(parsed).toEqual({
    ok: true,
    userId: '1001',
    id: 'снимок-7',
    wanted: {
      variables: { ...variables, vip: '1', balance: '-10.5' },
      told: {
        ...{ exists: 'true', accept: 'false', redirect: 'true', own_disabled: 'false', logged: 'true' },
        rate: '{"rate_in":"1024","rate_out":"2048"}',
      },
      services: ['тв', '7'],
    },
  });
});

test.each<[string, object, object]>([
  ['nothing', {}, {}],
  ['no limit', { rate: null }, { rate: 'none' }],
  [
    'the speed, by the billing’s variables',
    { rate_in: '5', rate_out: '6' },
    { rate: '{"rate_in":"5","rate_out":"6"}' },
  ],
  ['no speed, by empty variables', { rate_in: '', rate_out: '' }, {}],
  ['the bin, by the billing’s variable', { deleted: 1 }, { exists: 'false' }],
  ['life, by the billing’s variable', { deleted: '0' }, { exists: 'true' }],
])('told is %s', (_, told, expected) => {
  const { rate, ...more } = told as { rate?: null };
  const parsed = parse({ variables: { ...variables, ...more }, ...('rate' in told && { rate }) });
  expect(parsed).toMatchObject({ ok: true });
  if (parsed.ok) expect(parsed.wanted.told).toEqual(expected);
});

test('no input makes the parser throw', () => {
  const field = fc.constantFrom('user_id', 'variables', 'rate', 'services', 'exists', 'id', 'logged', '__proto__');
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.oneof(fc.jsonValue(), fc.object()))), (body) => {
      expect(parse(body, undefined)).toHaveProperty('ok');
    }),
  );
});

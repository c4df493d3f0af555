// Events at the edge: what is taken, and that every wrong field is named.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeCatalogue } from '#core/map/catalogue.ts';
import { parseEvent } from '#core/map/parse-event.ts';
import { catalogue } from '#test/support/catalogue.ts';

const parse = (input: unknown) => parseEvent(input, 'test', catalogue);
const account = { user_id: '1001', login: 'алиса', ip: '10.1.2.3', nas_ip: '10.0.0.1' };

const wrong: readonly [string, unknown, Readonly<Record<string, string>>][] = [
  ['not an object', 7, { '': 'expected an object' }],
  ['an unknown hook', { hook: 'user_dorp', account }, { '/hook': 'did you mean user_drop?' }],
  ['a hook that only reads', { hook: 'user_info', account }, { '/hook': 'only reads' }],
  ['a hook that runs around others', { hook: 'user_event_before', account }, { '/hook': 'cannot be sent' }],
  ['no hook', { account }, { '/hook': 'is missing' }],
  ['no account', { hook: 'user_drop' }, { '/account': 'is missing' }],
  [
    'an account without user_id and NAS',
    { hook: 'user_drop', account: {} },
    { '/account/user_id': 'is missing', '/account/nas_ip': 'nas_ip or nas_id' },
  ],
  [
    'wrong addresses',
    { hook: 'user_drop', account: { ...account, ip: '10.0.0.300', nas_ip: '; reboot' } },
    { '/account/ip': 'IPv4 or IPv6', '/account/nas_ip': 'IPv4 or IPv6' },
  ],
  [
    'a rate that is no number',
    { hook: 'user_rate_set', account: { ...account, rate_in: '10M', rate_out: '' } },
    { '/account/rate_in': 'kbit/s', '/account/rate_out': 'is empty' },
  ],
  [
    'a nested value',
    { hook: 'user_drop', account: { ...account, mac: { a: 1 } } },
    { '/account/mac': 'expected a text, a number, true, false or null' },
  ],
  [
    'a variable name with a space',
    { hook: 'user_drop', account: { ...account, 'a b': '1' } },
    { '/account/a b': 'Latin letters' },
  ],
  ['a field beside account', { hook: 'user_drop', account, login: 'x' }, { '/login': 'go into account' }],
  [
    'a time without offset',
    { hook: 'user_drop', account, occurred_at: '2026-11-21 20:00' },
    { '/occurred_at': 'ISO 8601' },
  ],
];

test.each(wrong)('an event with %s is refused, every wrong field named', (_, input, fields) => {
  const parsed = parse(input);
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  for (const [where, text] of Object.entries(fields)) {
    const found = parsed.fields.filter((field) => field.where === where).map(({ problem }) => problem);
    expect(found.join('; '), where).toContain(text);
  }
  expect(new Set(parsed.fields.map(({ where }) => where))).toEqual(new Set(Object.keys(fields)));
});

test("variables keep the billing's names and texts; unknown ones pass through", () => {
  const sent = { ...account, usluga_id: '', tariff_name: 'Домашний "100"', vip: true, balance: -10.5, mac: null };
  const parsed = parse({ hook: 'user_edit', account: sent });
  expect(parsed.ok && parsed.event.account).toEqual({
    ...account,
    usluga_id: '',
    tariff_name: 'Домашний "100"',
    vip: '1',
    balance: '-10.5',
  });
});

test('an event without id gets one, with id keeps it', () => {
  const [made, kept] = [parse({ hook: 'user_drop', account }), parse({ id: 'evt-7', hook: 'user_drop', account })];
  expect(made.ok && made.event.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(kept.ok && kept.event.id).toBe('evt-7');
});

test('no input makes the parser throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ hook: fc.constantFrom(...catalogue.keys()), account: fc.object() })),
      (input) => {
        expect(parse(input)).toHaveProperty('ok');
      },
    ),
  );
});

test('the catalogue has every hook of the contract, each with a JSON Schema', () => {
  const described = describeCatalogue(catalogue);
  expect(described).toHaveLength(21);
  for (const hook of described) expect(hook.payload, hook.name).toHaveProperty('type', 'object');
  expect(described.find(({ name }) => name === 'user_rate_set')?.payload).toMatchObject({
    required: ['user_id', 'rate_in', 'rate_out'],
  });
});

test('an id that could not be told from another once it is stored is refused', () => {
  for (const id of ['\ud800', 'evt-\udfff', 'a\ud83d']) {
    const parsed = parse({ id, hook: 'user_drop', account });
    expect(parsed).toMatchObject({
      ok: false,
      fields: [{ where: '/id', problem: expect.stringContaining('Unicode') }],
    });
  }
  expect(parse({ id: 'evt-🎵-ё', hook: 'user_drop', account })).toMatchObject({ ok: true });
  for (const name of ['user_id', 'nas_id'])
    expect(parse({ hook: 'user_drop', account: { ...account, [name]: '7\ud83d' } })).toMatchObject({
      ok: false,
      fields: [{ where: `/account/${name}`, problem: expect.stringContaining('Unicode') }],
    });
  // A text that the billing cut in the middle of a character is no reason to lose the event.
  expect(parse({ hook: 'user_drop', account: { ...account, comment: 'до\ud83d' } })).toMatchObject({ ok: true });
});

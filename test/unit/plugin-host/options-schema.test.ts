// Options against a plugin's JSON Schema: defaults filled in, every misfit with its place, nothing that runs for ever.
import { expect, test } from 'vitest';
import { isMap, placeAt } from '#core/config/located.ts';
import { readYaml } from '#core/config/yaml-source.ts';
import { compileOptionsSchema } from '#core/plugin-host/options-schema.ts';

function answerTo(schema: Record<string, unknown>, yaml: string) {
  const check = compileOptionsSchema({
    name: 'p',
    version: '1.0.0',
    api: '^1',
    summary: 's',
    transports: {},
    options: schema,
  });
  const { root } = readYaml({ file: 'bras.yaml', text: `options:\n${yaml}`, code: 'profile_invalid' });
  const options = isMap(root) ? root.entries.get('options')?.value : undefined;
  if (!isMap(options)) throw new Error('The test has no options.');
  const answer = check({ options, place: (path) => placeAt(root, path) });
  return answer.ok ? answer.options : answer.problems.map(({ where, problem }) => `${where}: ${problem}`);
}

test('options get the defaults of the schema', () => {
  const schema = { properties: { a: { default: 1 }, b: { type: 'object', properties: { c: { default: 'x' } } } } };

  expect(answerTo(schema, '  b: {}')).toEqual({ a: 1, b: { c: 'x' } });
});

test('options that are too few or too many say how many are expected', () => {
  const schema = {
    properties: { hooks: { type: 'object', minProperties: 1 }, dns: { type: 'array', minItems: 2 } },
  };
  expect(answerTo(schema, '  hooks: {}\n  dns: []')).toEqual([
    'bras.yaml:2 options.hooks: expected at least 1 key, got nothing',
    'bras.yaml:3 options.dns: expected at least 2 entries, got an empty list',
  ]);
});

test('options that do not fit are named one by one with their lines', () => {
  const schema = {
    type: 'object',
    required: ['portal', 'pool'],
    additionalProperties: false,
    properties: {
      portal: { type: 'string', format: 'uri' },
      pool: { type: 'string' },
      dns: { type: 'array', items: { type: 'string', format: 'ipv4' }, maxItems: 2 },
      rate: { type: 'integer', minimum: 1, maximum: 10 },
      vendor: { type: 'object', propertyNames: { pattern: '^[a-z]+$' }, additionalProperties: { type: 'string' } },
      list: { type: 'string', pattern: '^[a-z]+$' },
    },
  };

  expect(
    answerTo(
      schema,
      '  portal: nowhere\n  dns:\n    - 1.1.1.1\n    - 1.1.1\n  rate: 11\n  vendor:\n    a: 7\n  lits: x\n  list: A1',
    ),
  ).toEqual([
    'bras.yaml:1 options.pool: is missing',
    'bras.yaml:9 options.lits: is not an option of this plugin; did you mean "list"?',
    'bras.yaml:2 options.portal: expected to match format "uri", got "nowhere"',
    'bras.yaml:5 options.dns[1]: expected to match format "ipv4", got "1.1.1"',
    'bras.yaml:6 options.rate: expected <= 10, got 11',
    'bras.yaml:8 options.vendor.a: expected string, got 7',
    'bras.yaml:10 options.list: expected to match pattern "^[a-z]+$", got "A1"',
  ]);
});

test('options checked by a pattern that never ends are refused quickly', () => {
  const schema = { properties: { evil: { type: 'string', pattern: '^(a+)+$' } } };
  const begun = performance.now();

  expect(answerTo(schema, `  evil: ${'a'.repeat(50)}!`)).toEqual([
    "bras.yaml:1 options: a pattern of the plugin's schema takes too long on this value",
  ]);
  expect(performance.now() - begun).toBeLessThan(2000);
});

test.each([
  [{ type: 'objekt' }, 'is not a usable JSON Schema'],
  [{ properties: { a: { pattern: '(' } } }, 'is not a usable JSON Schema'],
  [{ properties: { a: { format: 'no-such-format' } } }, 'unknown format'],
  [{ $ref: 'http://example.org/schema' }, 'is not a usable JSON Schema'],
])('a schema like %j is refused as a fault of the plugin', (schema, words) => {
  expect(() => answerTo(schema, '  a: b')).toThrow(words);
});

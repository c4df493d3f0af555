// Settings: defaults without a file, and every mistake named with its line, key and remedy, all at once.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSettings } from '#core/config/load-settings.ts';
import { OssiaError } from '#core/errors.ts';

const day = 86_400_000;
let folder = '';
let file = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ossia-settings-'));
  file = join(folder, 'ossia.yaml');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function refusal(text: string, env: Record<string, string> = {}): Promise<OssiaError> {
  await writeFile(file, text);
  const error: unknown = await loadSettings({ file, env }).catch((thrown: unknown) => thrown);
  if (!(error instanceof OssiaError)) throw new Error('It was not refused.');
  return error;
}

function lines(error: OssiaError): string[] {
  return error.fields.map(({ where, problem }) => `${where.replace(`${folder}/`, '')}: ${problem}`);
}

test('settings have a working default for everything', async () => {
  await writeFile(file, '');

  const settings = await loadSettings({ file });

  expect(settings).toMatchObject({
    data: join(folder, 'data'),
    socket: join(folder, 'data', 'ossia.sock'),
    profiles: join(folder, 'nas-profiles'),
    plugins: join(folder, 'plugins'),
    http: { host: '127.0.0.1', port: 8480 },
    accounting: { enabled: true, host: '0.0.0.0', port: 1813 },
    tokens: [],
    retry: { first: 1000, max: 300_000 },
    sandbox: { recycle: { runs: 100_000, ageMs: day, memory: 0.7 } },
    limits: { events: Number.POSITIVE_INFINITY, body: 4 * 1024 ** 2 },
    retention: { jobs: 90 * day, journal: 30 * day, cdrs: null, audit: 400 * day, resyncs: 30 * day },
    log: { level: 'info', pretty: 'auto' },
    warnings: [],
  });
});

test('settings take what the file says', async () => {
  await writeFile(
    file,
    [
      'data: /var/lib/ossia',
      'socket: false',
      'http: { host: 0.0.0.0, port: 80 }',
      'tokens:',
      `  - { name: billing, role: event, token: \${env:BILLING_TOKEN} }`,
      'retry: { first: 500ms, max: 1m30s }',
      'limits: { events: 3000/min }',
    ].join('\n'),
  );

  const settings = await loadSettings({ file, env: { BILLING_TOKEN: 'a-token-of-the-billing' } });

  expect(settings).toMatchObject({
    data: '/var/lib/ossia',
    socket: null,
    http: { host: '0.0.0.0', port: 80 },
    tokens: [{ name: 'billing', role: 'event', token: 'a-token-of-the-billing' }],
    retry: { first: 500, max: 90_000 },
    limits: { events: 50 },
  });
});

test('settings name every wrong place with line, key, what was expected and what was found', async () => {
  const error = await refusal(
    [
      'htpp: { port: 1 }',
      'http:',
      '  # what a pity',
      '  port: 80a',
      'log:',
      '  level: loud',
      'retry:',
      '  first: soon',
      'accounting: { enabled: yes, port: 99999 }',
      'sandbox: 7',
    ].join('\n'),
  );

  expect(error.code).toBe('config_invalid');
  expect(lines(error).sort()).toEqual(
    [
      'ossia.yaml:10 sandbox: expected keys and values, got 7',
      'ossia.yaml:1 htpp: is not a known key; did you mean "http"?',
      'ossia.yaml:4 http.port: expected a whole number 0..65535, got "80a"',
      'ossia.yaml:6 log.level: expected "trace" or "debug" or "info" or "warn" or "error" or "fatal" or "silent", got "loud"',
      'ossia.yaml:8 retry.first: expected a duration like "10s", "500ms" or "2m", got "soon"',
      'ossia.yaml:9 accounting.enabled: expected true or false, got "yes"',
      'ossia.yaml:9 accounting.port: expected a whole number 0..65535, got 99999',
    ].sort(),
  );
  for (const line of lines(error)) expect(error.message).toContain(line.replace('ossia.yaml', file));
});

test.each([
  [
    'a: [1\nb: 2',
    'ossia.yaml:2: the indentation does not fit the lines above, or a bracket above is not closed (column 1)',
  ],
  ['data: x\ndata: y', 'ossia.yaml:2: this key stands here twice; keep one (column 1)'],
  ['http:\n\tport: 1', 'ossia.yaml:2: tabs cannot indent YAML; use spaces (column 1)'],
  [
    'data: *nobody',
    'ossia.yaml:1: this alias has no anchor before it; put the value in quotes if it begins with a star (column 7)',
  ],
  ['- a\n- b', 'ossia.yaml:1: expected keys and values, got a list'],
  ['data:\n', 'ossia.yaml:1 data: expected a text (in quotes when it looks like a number), got nothing'],
])('settings refuse %j with its line', async (text, expected) => {
  const error = await refusal(text);

  expect(lines(error)).toEqual([expected]);
});

test('settings refuse a bomb of aliases quickly', async () => {
  const bomb = ['a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]'];
  for (let i = 1; i < 12; i += 1)
    bomb.push(
      `${'abcdefghijklm'[i]}: &${'abcdefghijklm'[i]} [${Array(9)
        .fill(`*${'abcdefghijklm'[i - 1]}`)
        .join(', ')}]`,
    );

  const begun = performance.now();
  const error = await refusal(bomb.join('\n'));

  expect(error.message).toContain('too many values');
  expect(performance.now() - begun).toBeLessThan(2000);
});

test('settings say which secret reference points at nothing and never what another holds', async () => {
  await writeFile(join(folder, 'token'), 'Секрет-из-файла-1\n');
  await chmod(join(folder, 'token'), 0o644);

  const error = await refusal(
    [
      'tokens:',
      `  - { name: a, role: admin, token: "\${file:token}" }`,
      `  - { name: b, role: admin, token: \${env:NOT_THERE} }`,
      `  - { name: c, role: admin, token: \${file:/no/such/file} }`,
    ].join('\n'),
  );

  expect(error.code).toBe('secret_missing');
  expect(lines(error)).toEqual([
    `ossia.yaml:3 tokens[1].token: \${env:NOT_THERE}: the environment variable is not set; set it before the daemon starts`,
    `ossia.yaml:4 tokens[2].token: \${file:/no/such/file}: there is no such file; create it`,
  ]);
  expect(JSON.stringify([error.message, error.fields])).not.toContain('Секрет');
});

test('settings warn of a secret in the file itself and of one that everybody can read', async () => {
  await writeFile(join(folder, 'token'), 'secret-of-the-file');
  await chmod(join(folder, 'token'), 0o644);
  await writeFile(
    file,
    [
      'tokens:',
      '  - { name: a, role: admin, token: literal-secret-text }',
      `  - { name: b, role: admin, token: "\${file:token}" }`,
    ].join('\n'),
  );

  const { warnings } = await loadSettings({ file });

  expect(warnings.map((line) => line.replace(folder, ''))).toEqual([
    `/ossia.yaml:2 tokens[0].token: the secret itself stands in the file; write \${env:NAME} or \${file:/path} instead`,
    '/ossia.yaml:3: everybody on this machine can read token; run chmod o= on it',
  ]);
  expect(warnings.join()).not.toContain('literal-secret');
});

test('settings never show a token that is wrong', async () => {
  const error = await refusal(
    `tokens: [{ name: a, role: admin, token: tooshort }, { name: b, role: boss, token: \${env:T} }]`,
    {
      T: 'hush-hush',
    },
  );

  expect(lines(error)).toHaveLength(3);
  expect(error.message).toContain('at least 16 characters');
  expect(error.message).not.toMatch(/tooshort|hush-hush/);
});

test('settings refuse what contradicts itself', async () => {
  const same = 'one-and-the-same-token';
  const error = await refusal(
    [
      `tokens: [{ name: a, role: admin, token: ${same} }, { name: a, role: viewer, token: ${same} }]`,
      'retry: { first: 10s, max: 2s }',
      `socket: /${'x'.repeat(120)}`,
    ].join('\n'),
  );

  expect(lines(error)).toEqual([
    'ossia.yaml:1 tokens[1].name: tokens[0] has this name already; give each its own',
    'ossia.yaml:1 tokens[1].token: tokens[0] is the same token; give each its own',
    'ossia.yaml:2 retry.max: expected at least the duration of retry.first',
    'ossia.yaml:3 socket: the path of a unix socket is at most 107 bytes long; choose a shorter one',
  ]);
});

test('settings refuse to listen beyond the machine without a token', async () => {
  const error = await refusal('http:\n  host: 0.0.0.0');

  expect(lines(error)).toEqual([
    'ossia.yaml:2 http.host: listening beyond this machine needs at least one entry in tokens; add one, or use 127.0.0.1',
  ]);
});

test('settings refuse a file that was named and is not there', async () => {
  await expect(loadSettings({ file: join(folder, 'other.yaml') })).rejects.toMatchObject({ code: 'config_invalid' });
});

test('files of radsec are beside the settings, and each of them must be named', async () => {
  await writeFile(file, 'accounting: { radsec: { cert: tls/our.pem, key: /etc/our.key, ca: ca.pem } }');
  expect((await loadSettings({ file })).accounting.radsec).toEqual({
    host: '0.0.0.0',
    port: 2083,
    cert: join(folder, 'tls/our.pem'),
    key: '/etc/our.key',
    ca: join(folder, 'ca.pem'),
  });
  expect(lines(await refusal('accounting: { radsec: { cert: a, key: b } }'))).toEqual([
    'ossia.yaml:1 accounting.radsec.ca: is missing; expected a text (in quotes when it looks like a number)',
  ]);
});

test('what is over is kept for a time or for ever, and never for less than an hour by a slip of the hand', async () => {
  await writeFile(file, 'retention: { jobs: never, cdrs: 180d }');
  expect((await loadSettings({ file })).retention).toMatchObject({ jobs: null, cdrs: 180 * day, journal: 30 * day });
  expect(lines(await refusal('retention: { jobs: 90, journal: 30m, cdrs: always }'))).toEqual([
    'ossia.yaml:1 retention.jobs: expected a duration of at least 1h, like "90d", or "never", got 90',
    'ossia.yaml:1 retention.journal: expected a duration of at least 1h, like "90d", or "never", got "30m"',
    'ossia.yaml:1 retention.cdrs: expected a duration of at least 1h, like "90d", or "never", got "always"',
  ]);
});

test.each(['login', 'state', 'session_time'])(
  'settings refuse %s among the fields of a session that may be changed by hand',
  async (name) => {
    const { fields } = await refusal(`sessions:\n  alterable_fields: [plan, ${name}, улица]\n`);
    expect(fields).toEqual([
      { where: expect.stringMatching(/ossia\.yaml:2/), problem: expect.stringMatching(/is what its box says/) },
    ]);
  },
);

test.each(['input_octets', 'updated_at'])(
  'settings refuse an index of sessions on %s, which no index could follow',
  async (name) => {
    const { fields } = await refusal(`sessions:\n  session_indexes: [street, ${name}]\n`);
    expect(fields).toEqual([
      { where: expect.stringMatching(/ossia\.yaml:2/), problem: expect.stringMatching(/changes with every update/) },
    ]);
  },
);

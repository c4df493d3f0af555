// Profiles: what a file and its models come to, and every mistake with the file and line where it really stands.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { readProfile } from '#core/config/load-profile.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';

const secret = 'Очень-секретно-"42"';

function definition(name: string): TransportDefinition {
  return {
    name,
    config: z.object({
      host: z.string().min(1),
      port: z.int().min(1).max(65535).default(3799),
      secret: z.string().min(6),
      timeout: z.string().optional(),
    }),
    secrets: ['secret'],
    unknownInDryRun: 'nothing',
    methods: {},
    connect: () => ({
      call: () => Promise.resolve(null),
      describe: () => '',
      close: () => Promise.resolve(),
    }),
  };
}

const transports = { coa: definition('coa'), ssh: definition('ssh') };

let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ossia-profiles-'));
  await mkdir(join(dir, 'models'));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function save(name: string, ...lines: readonly string[]): Promise<void> {
  return writeFile(join(dir, `${name}.yaml`), `${lines.join('\n')}\n`);
}

function read(name = 'bras-1', env: Record<string, string> = { SECRET: secret }) {
  return readProfile({ name, dir, transports, env });
}

async function problems(name = 'bras-1', env?: Record<string, string>): Promise<string[]> {
  const { error, profile } = await read(name, env);
  if (error === null) throw new Error('It was not refused.');
  expect(profile).toBeNull();
  return error.fields.map(({ where, problem }) => `${where.replace(`${dir}/`, '')}: ${problem.replaceAll(dir, '')}`);
}

test('a profile takes defaults for all that it does not say', async () => {
  await save('bras-1', 'plugin: mikrotik', 'match: { nas_ip: 10.0.0.1 }');

  const { profile, error } = await read();

  expect(error).toBeNull();
  expect(profile).toEqual({
    name: 'bras-1',
    file: join(dir, 'bras-1.yaml'),
    plugin: 'mikrotik',
    match: { nas_ip: ['10.0.0.1'], nas_identifier: [], nas_id: [] },
    transports: {},
    grants: {},
    radius: null,
    limits: {
      concurrency: 4,
      ratePerSecond: 50,
      deadlineMs: 10_000,
      attempts: 10,
      breakerFailures: 5,
      breakerProbeMs: 5000,
      callsPerSecond: Number.POSITIVE_INFINITY,
      guest: { memoryMb: 32, cpuMs: 200, maxCalls: 1000, maxCallBytes: 1024 ** 2, maxLogLines: 200 },
    },
    sync: { everyMs: null, graceMs: 300_000, mostClosed: 0.2, deadlineMs: 60_000 },
    resync: {
      everyMs: null,
      deadlineMs: 300_000,
      mostRemoved: 0.05,
      mostMissing: 0.2,
      ratePerSecond: 20,
      onReboot: true,
      uptimeEveryMs: null,
      fullPush: false,
    },
    options: {},
    fireAuthOnStart: true,
    fireDisconnectOnStop: true,
  });
});

test('a profile is laid over its models: maps merged, lists replaced, nothing takes away', async () => {
  await save(
    'models/base',
    'limits: { concurrency: 1, deadline: 3s }',
    'options: { lists: [a, b], keep: 1, drop: { x: 1 } }',
  );
  await save(
    'models/vendor-7',
    'extends: base',
    'plugin: vendor',
    'transports:',
    '  coa: { port: 1700 }',
    '  ssh: { host: a, secret: abcdef }',
  );
  await save(
    'bras-1',
    'extends: vendor-7',
    'match: { nas_ip: [10.0.0.1, "2001:DB8:0:0::1", "::ffff:10.0.0.9"], nas_id: [007, x] }',
    `transports: { coa: { host: 10.0.0.1, secret: \${env:SECRET} }, ssh: ~ }`,
    `radius: { secret: \${env:SECRET} }`,
    'limits: { rate: unlimited }',
    'options: { lists: [c], drop: ~ }',
  );

  const { profile, error, files } = await read();

  expect(error).toBeNull();
  expect(profile).toMatchObject({
    plugin: 'vendor',
    match: { nas_ip: ['10.0.0.1', '2001:db8::1', '10.0.0.9'], nas_id: ['007', 'x'] },
    transports: { coa: { host: '10.0.0.1', port: 1700, secret } },
    radius: { secret, addresses: ['10.0.0.1', '2001:db8::1', '10.0.0.9'], requireMessageAuthenticator: 'if-present' },
    limits: { concurrency: 1, deadlineMs: 3000, ratePerSecond: Number.POSITIVE_INFINITY },
  });
  expect(profile?.options).toEqual({ lists: ['c'], keep: 1 });
  expect(Object.keys(profile?.transports ?? {})).toEqual(['coa']);
  expect(files.map((file) => file.replace(dir, ''))).toEqual([
    '/bras-1.yaml',
    '/models/vendor-7.yaml',
    '/models/base.yaml',
  ]);
});

test('a profile names the file and line where each wrong value stands, models included', async () => {
  await save('models/base', '# the base', 'limits:', '  deadline: long', 'transports:', '  coa:', '    port: 70000');
  await save(
    'bras-1',
    'extends: base',
    'plugin: vendor',
    'match: { nas_ip: 10.0.0.256 }',
    'transports:',
    '  coa:',
    '    hosst: 10.0.0.1',
    '    secret: 12345678',
    '  shh: {}',
    'limits: { concurency: 4 }',
    'fire_auth_on_start: maybe',
  );

  expect((await problems()).sort()).toEqual([
    'bras-1.yaml:10 fire_auth_on_start: expected true or false, got "maybe"',
    'bras-1.yaml:3 match.nas_ip[0]: expected an IP address like 10.0.0.1 or 2001:db8::1, got "10.0.0.256"',
    'bras-1.yaml:5 transports.coa.host: is missing; expected a text (in quotes when it looks like a number)',
    'bras-1.yaml:6 transports.coa.hosst: is not a known key; did you mean "host"?',
    'bras-1.yaml:7 transports.coa.secret: expected a text (in quotes when it looks like a number)',
    'bras-1.yaml:8 transports.shh: is not a known transport; did you mean "ssh"?',
    'bras-1.yaml:9 limits.concurency: is not a known key; did you mean "concurrency"?',
    'models/base.yaml:3 limits.deadline: expected a duration like "10s", "500ms" or "2m", got "long"',
    'models/base.yaml:6 transports.coa.port: expected at most 65535, got 70000',
  ]);
});

test('a profile is refused without a way to match it or a place for its accounting', async () => {
  await save('bras-1', 'plugin: vendor');
  expect(await problems()).toEqual(['bras-1.yaml:1 match: is missing; expected keys and values']);

  await save('bras-1', 'plugin: vendor', 'match: {}');
  expect((await problems())[0]).toContain('bras-1.yaml:2 match: expected at least one of nas_ip');

  await save('bras-1', 'plugin: vendor', 'match: { nas_id: 7 }', 'radius: { secret: abcdefgh }');
  expect((await problems())[0]).toContain('bras-1.yaml:3 radius.addresses: expected the addresses');
});

test('a profile is refused when its models go in a circle or are missing', async () => {
  await save('models/one', 'extends: two');
  await save('models/two', 'plugin: x', 'extends: one');
  await save('bras-1', 'match: { nas_id: 1 }', 'extends: one');
  await save('bras-2', 'extends: tow');

  expect(await problems()).toEqual(['models/two.yaml:2 extends: goes round in a circle: one -> two -> one']);
  expect(await problems('bras-2')).toEqual([
    'bras-2.yaml:1 extends: there is no /models/tow.yaml; did you mean "two"?',
  ]);
});

test('a profile is refused when a model is not YAML, in the file of the model', async () => {
  await save('models/base', 'plugin: x', 'limits: [1');
  await save('bras-1', 'extends: base');

  expect(await problems()).toEqual([
    'models/base.yaml:3: the indentation does not fit the lines above, or a bracket above is not closed (column 1)',
  ]);
});

test('a profile has the name of its file, which keeps to a-z, 0-9 and "-"', async () => {
  await save('Bras_1', 'plugin: x', 'match: { nas_id: 1 }');

  expect(await problems('Bras_1')).toEqual([
    'Bras_1.yaml:1: the name of a profile is its file\'s name: a-z, 0-9 and "-" only; rename Bras_1.yaml',
  ]);
});

test('a profile whose secrets are not there is refused with each reference and its line', async () => {
  await save(
    'bras-1',
    'plugin: x',
    'match: { nas_id: 1 }',
    'transports:',
    `  coa: { host: "\${env:HOST}.example", secret: \${env:NOWHERE} }`,
    `  ssh: { host: b, secret: "\${file:/none}" }`,
  );

  const { error } = await read('bras-1', { HOST: 'bras' });

  expect(error?.code).toBe('secret_missing');
  expect(await problems('bras-1', { HOST: 'bras' })).toEqual([
    `bras-1.yaml:4 transports.coa.secret: \${env:NOWHERE}: the environment variable is not set; set it before the daemon starts`,
    `bras-1.yaml:5 transports.ssh.secret: \${file:/none}: there is no such file; create it`,
  ]);
});

test('a relative secret file that is not there is named in full', async () => {
  await save('bras-1', 'plugin: x', 'match: { nas_id: 1 }', 'transports:', `  coa: { host: b, secret: "\${file:pw}" }`);

  const { error } = await read('bras-1');

  expect(error?.message).toContain(`\${file:pw}: there is no such file; create it (${join(dir, 'pw')})`);
});

test('a profile keeps references away from the plugin and secrets whole', async () => {
  await save(
    'bras-1',
    'plugin: x',
    'match: { nas_id: 1 }',
    `transports: { coa: { host: a, secret: "x\${env:SECRET}" } }`,
    `options: { portal: "\${env:SECRET}", queue: "user-\${user_id}" }`,
  );

  expect(await problems()).toEqual([
    'bras-1.yaml:3 transports.coa.secret: a secret must be one reference and nothing else',
    `bras-1.yaml:4 options.portal: options go to the plugin, which is never given a secret: no \${env:} or \${file:} here`,
  ]);
});

test('a profile leaves texts with other braces to the plugin', async () => {
  await save('bras-1', 'plugin: x', 'match: { nas_id: 1 }', `options: { queue: "user-\${user_id}" }`);

  expect((await read()).profile?.options).toEqual({ queue: `user-\${user_id}` });
});

test('a profile never shows its secrets when somebody prints it', async () => {
  await save(
    'bras-1',
    'plugin: x',
    'match: { nas_ip: 10.0.0.1 }',
    `transports: { coa: { host: 10.0.0.1, secret: \${env:SECRET} } }`,
    `radius: { secret: \${env:SECRET} }`,
  );

  const { profile } = await read();

  expect(profile?.radius?.secret).toBe(secret);
  for (const printed of [JSON.stringify(profile), inspect(profile, { depth: 9 })]) {
    expect(printed).toContain('10.0.0.1');
    expect(printed).not.toContain('секретно');
  }
});

test("a profile's errors never quote its secrets, whatever a transport's schema says", async () => {
  const chatty: TransportDefinition = {
    ...definition('chatty'),
    config: z.object({ secret: z.string(), user: z.string() }).superRefine((value, context) => {
      context.addIssue({ code: 'custom', message: `no good: ${value.secret} and ${value.user}` });
    }),
  };
  await save(
    'bras-1',
    'plugin: x',
    'match: { nas_id: 1 }',
    `transports: { chatty: { secret: \${env:SECRET}, user: \${env:USER} } }`,
  );

  const { error } = await readProfile({
    name: 'bras-1',
    dir,
    transports: { chatty },
    env: { SECRET: secret, USER: 'administrator' },
  });

  expect(error?.message).toContain('no good: *** and ***');
  expect(JSON.stringify([error?.message, error?.fields, error?.stack])).not.toMatch(/секретно|administrator/);
});

test("a profile's hash changes with its text, its models and its secrets, and with nothing else", async () => {
  await save('models/base', 'plugin: x');
  await save(
    'bras-1',
    'extends: base',
    'match: { nas_id: 1 }',
    `radius: { addresses: 10.0.0.1, secret: \${env:SECRET} }`,
  );
  const first = (await read()).hash;

  await save(
    'bras-1',
    'extends: base',
    'match: { nas_id: 1 }',
    `radius: { addresses: 10.0.0.1, secret: \${env:SECRET} }`,
  );
  expect((await read()).hash).toBe(first);
  expect((await read('bras-1', { SECRET: 'another-secret' })).hash).not.toBe(first);
  await save('models/base', 'plugin: y');
  expect((await read()).hash).not.toBe(first);
});

test('a profile says how its sessions are compared and by which certificate it is known', async () => {
  await save(
    'bras-1',
    'plugin: vendor',
    'match: { nas_ip: 10.0.0.1 }',
    `radius: { secret: \${env:SECRET}, certificate: bras-1.example }`,
    'sessions: { sync: 10m, grace: 0s, most_closed: 0.5, deadline: 5s }',
  );
  const { profile, error } = await read('bras-1');
  expect(error).toBeNull();
  expect(profile?.sync).toEqual({ everyMs: 600_000, graceMs: 0, mostClosed: 0.5, deadlineMs: 5000 });
  expect(profile?.radius?.certificates).toEqual(['bras-1.example']);
});

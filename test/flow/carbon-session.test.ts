// The `session` that stands in for a NAS's old script, called as the billing's daemon calls it, against the real Ossia.
import { spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { environmentName } from '#core/transport/script/environment.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const session = fileURLToPath(new URL('../../core/ingest/carbon/session', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** With nothing in the environment but this, as bytes. */
function call(hook: string, env: Readonly<Record<string, string | Buffer>>): Promise<Ended> {
  // Node would make UTF-8 of every value: `env` sets the bytes as they are.
  const words = Object.entries(env).map(([name, value]) =>
    Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value as string)]),
  );
  const quoted = words.map(
    (word) => `"$(printf '${[...word].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}')"`,
  );
  const child = spawn('/bin/sh', ['-c', `exec env -i ${quoted.join(' ')} '${session}' '${hook}'`], { timeout: 20_000 });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

async function world(): Promise<{ daemon: DaemonProcess; socket: string }> {
  const site = createSite();
  onTestFinished(() => site.close());
  const daemon = await site.start();
  return { daemon, socket: join(site.directory, 'data', 'ossia.sock') };
}

const alice = {
  user_id: '1001',
  abonent_id: '7',
  login: 'алиса "x"\\',
  ip: '10.1.2.3',
  nas_ip: '10.0.0.1',
  usluga_id: '',
};

test('an event is on disk when it answers 0; the variables are all there, the shell and the secrets of the box are not', async () => {
  const { daemon, socket } = await world();
  const env = {
    ...alice,
    OSSIA_SOCKET: socket,
    PATH: '/bin',
    LC_ALL: 'C',
    HOME: '/root',
    OSS_path: '/var/oss/core/b',
    note: 'две\nстроки\t',
  };
  const meaningful = ['LD_LIBRARY_PATH', 'PERL5LIB', 'PYTHONPATH', 'TMPDIR', 'LESSOPEN', 'http_proxy', 'HTTPS_PROXY'];
  for (const name of meaningful) expect(environmentName.safeParse(name).success).toBe(false);
  const secrets = {
    telnet_login: 'admin',
    telnet_password: 'hidden-one',
    radius_secret: 'hidden-two',
    coa_psw: 'hidden-three',
  };
  expect(
    await call('user_drop', {
      ...env,
      ...secrets,
      ...Object.fromEntries(meaningful.map((name) => [name, '/opt/meant'])),
    }),
  ).toEqual({ code: 0, out: '', err: '' });
  const { body } = await daemon.call('GET', '/v1/jobs?user_id=1001');
  const [{ id }] = (body as { jobs: [{ id: string }] }).jobs;
  const job = (await daemon.call('GET', `/v1/jobs/${id}`)).body;
  expect(job).toMatchObject({
    hook: 'user_drop',
    account: { ...alice, OSS_path: '/var/oss/core/b', note: 'две\nстроки\t' },
  });
  expect(JSON.stringify(job)).not.toMatch(/hidden|telnet|radius_secret|LC_ALL|OSSIA_|"PATH"|meant/);
});

test('texts in Windows-1251 arrive as what they say', async () => {
  const { daemon, socket } = await world();
  const name = Buffer.from([0xc0, 0xeb, 0xe8, 0xf1, 0xe0, 0x20, 0xa8, 0xb8, 0xb9]);
  expect(await call('user_edit', { ...alice, OSSIA_SOCKET: socket, fio: name })).toMatchObject({ code: 0 });
  const { body } = await daemon.call('GET', '/v1/jobs?user_id=1001');
  const [{ id }] = (body as { jobs: [{ id: string }] }).jobs;
  expect((await daemon.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ account: { fio: 'Алиса Ёё№' } });
});

test('what is wrong for good ends with 1 and says every field; so does a function that there is not', async () => {
  const { socket } = await world();
  const wrong = await call('user_rate_set', { ...alice, ip: 'не адрес', rate_in: '1024', OSSIA_SOCKET: socket });
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/Ossia says 422: .*\/account\/ip.*\/account\/rate_out/);
  expect(await call('user_dorp', { ...alice, OSSIA_SOCKET: socket })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/did you mean user_drop/),
  });
  expect(await call('user drop; id', { OSSIA_SOCKET: socket })).toMatchObject({ code: 2 });
});

test('an operator asks the box through it: the answer is on standard output', async () => {
  const { socket } = await world();
  expect(await call('user_edit', { ...alice, OSSIA_SOCKET: socket })).toMatchObject({ code: 0 });
  const asked = await call('user_info', { ...alice, OSSIA_SOCKET: socket });
  expect(asked).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(asked.out)).toMatchObject({ user_id: '1001', hook: 'user_info', result: 'no_profile' });
});

test('nobody there, nobody who answers, and one who goes away: 254, later again', async () => {
  const directory = tempDir();
  const nobody = await call('user_drop', { ...alice, OSSIA_SOCKET: join(directory, 'none.sock') });
  expect(nobody).toMatchObject({ code: 254, err: expect.stringMatching(/^session: Ossia is not at .*none\.sock/) });

  const answers: ((socket: Socket) => void)[] = [
    () => undefined,
    (socket) => socket.end(),
    (socket) => socket.end('HTTP/1.1 503 x\r\n\r\n{}'),
  ];
  const path = join(directory, 'odd.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answers.shift()?.(socket));
  }).listen(path);
  onTestFinished(() => void server.close());
  const env = { ...alice, OSSIA_SOCKET: path, OSSIA_TIMEOUT: '1' };
  expect(await call('user_drop', env)).toMatchObject({
    code: 254,
    err: expect.stringMatching(/did not answer within 1 s/),
  });
  expect(await call('user_drop', env)).toMatchObject({ code: 254, err: expect.stringMatching(/without an answer/) });
  expect(await call('user_drop', env)).toMatchObject({ code: 254, err: expect.stringMatching(/says 503/) });
});

// Certificates of RadSec are renewed while it runs: new connections meet the new one, a wrong pair changes nothing and is said once.
import { copyFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { openRadsec } from '#core/ingest/open-radsec.ts';
import { type Certificate, makeAuthority } from '#test/support/certificates.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

const profile = {
  name: 'bras-1',
  radius: { addresses: [], certificates: ['bras-1.example'], requireMessageAuthenticator: 'if-present' },
} as const;

async function world({ lookEveryMs = 20 }: { lookEveryMs?: number } = {}) {
  const directory = tempDir();
  const authority = await makeAuthority(directory);
  const [first, second, client] = await Promise.all(
    ['first.example', 'second.example', 'bras-1.example'].map((name) => authority.issue(name)),
  );
  if (!first || !second || !client) throw new Error('three certificates were made');
  const files = {
    cert: join(directory, 'ossia.pem'),
    key: join(directory, 'ossia.key'),
    ca: join(directory, 'ca.pem'),
  };
  await put(first, files);
  await copyFile(authority.certFile, files.ca);
  const log: string[] = [];
  const say = (fields: object, message: string): void => void log.push(`${message} ${JSON.stringify(fields)}`);
  const radsec = await openRadsec({
    settings: { host: '127.0.0.1', port: 0, ...files },
    profiles: () => [profile],
    sink: async () => {},
    log: { info: say, warn: say },
    lookEveryMs,
  });
  onTestFinished(() => radsec.close());
  const meet = async (as: Certificate = client): Promise<TLSSocket> => {
    const socket = connect({
      port: radsec.port,
      host: '127.0.0.1',
      ca: authority.cert,
      cert: as.cert,
      key: as.key,
      checkServerIdentity: () => undefined,
    });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await until(() => socket.authorized || socket.closed);
    return socket;
  };
  const nameMet = async () => (await meet()).getPeerCertificate().subject?.CN;
  return { directory, authority, files, second, client, log, radsec, meet, nameMet };
}

async function put(from: Certificate, to: { readonly cert: string; readonly key: string }): Promise<void> {
  await writeFile(to.cert, from.cert);
  await writeFile(to.key, from.key);
}

test('files that are written anew are in force for new connections, and those that are there go on', async () => {
  const { files, second, log, meet, nameMet } = await world();
  const before = await meet();

  await put(second, files);
  await until(() => log.some((line) => line.startsWith('new files of RadSec are in force')));

  expect(await nameMet()).toBe('second.example');
  expect(before.closed).toBe(false);
  expect(before.getPeerCertificate().subject?.CN).toBe('first.example');
  expect(log).toHaveLength(1);
  expect(log.join()).not.toContain('PRIVATE KEY');
});

test('a link that is moved to another folder, as renewal programs do, is seen', async () => {
  const { directory, files, second, log, nameMet } = await world();
  const other = { cert: join(directory, 'archive.pem'), key: join(directory, 'archive.key') };
  await put(second, other);
  await symlink(other.cert, `${files.cert}.new`);
  await symlink(other.key, `${files.key}.new`);

  await rename(`${files.cert}.new`, files.cert);
  await rename(`${files.key}.new`, files.key);
  await until(() => log.some((line) => line.includes('are in force')));

  expect(await nameMet()).toBe('second.example');
});

test.each([
  { it: 'a key of another certificate', says: 'is not the key of the certificate', spoil: 'key' },
  { it: 'a certificate that is none', says: 'is no certificate in PEM', spoil: 'cert' },
  { it: 'an authority that is none', says: 'is no certificate in PEM', spoil: 'ca' },
  { it: 'a file that is gone', says: 'cannot be read', spoil: 'gone' },
] as const)('$it is said once, and what was in force goes on until it is mended', async ({ says, spoil }) => {
  const { files, second, authority, log, nameMet } = await world();
  if (spoil === 'key') await writeFile(files.key, second.key);
  else if (spoil === 'gone') await rm(files.cert);
  else await writeFile(files[spoil], 'то, что не сертификат');

  await until(() => log.some((line) => line.includes(says)));
  await until(async () => (await nameMet()) === 'first.example');
  expect(log).toHaveLength(1);

  await put(second, files);
  await copyFile(authority.certFile, files.ca);
  await until(() => log.some((line) => line.includes('are in force')));
  expect(await nameMet()).toBe('second.example');
});

test('a new authority lets its clients in and the others no more', async () => {
  const { directory, files, client, log, meet } = await world();
  const next = await makeAuthority(directory, 'next');
  const newcomer = await next.issue('bras-1.example');

  await writeFile(files.ca, next.cert);
  await until(() => log.some((line) => line.includes('are in force')));

  const old = await meet(client);
  await until(() => old.closed);
  const fresh = await meet(newcomer);
  expect(fresh.getPeerCertificate().subject?.CN).toBe('first.example');
});

test('asked to, it looks at once', async () => {
  const { files, second, radsec, nameMet } = await world({ lookEveryMs: 3_600_000 });
  await put(second, files);

  await radsec.reload();

  expect(await nameMet()).toBe('second.example');
});

// An authority and certificates of it, made by openssl in a directory of the test: for TLS between us and real peers.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** Made for this CN, which is also a DNS name in it, and for 127.0.0.1. */
  issue(name: string): Promise<Certificate>;
}

export async function makeAuthority(directory: string, name = 'authority'): Promise<Authority> {
  const file = (of: string, ending: string) => join(directory, `${of}.${ending}`);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const own = ['-keyout', file(name, 'key'), '-out', file(name, 'pem')];
  await run('openssl', ['req', '-x509', ...newKey, '-subj', `/CN=${name}`, ...own]);

  async function read(of: string): Promise<Certificate> {
    const [certFile, keyFile] = [file(of, 'pem'), file(of, 'key')];
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return { certFile, keyFile, cert, key };
  }

  return {
    ...(await read(name)),
    async issue(of) {
      // Without a file of serial numbers several can be made at once.
      await writeFile(file(of, 'ext'), `subjectAltName=DNS:${of},IP:127.0.0.1\n`);
      await run('openssl', [
        'req',
        ...newKey,
        '-subj',
        `/CN=${of}`,
        '-keyout',
        file(of, 'key'),
        '-out',
        file(of, 'csr'),
      ]);
      const by = [
        '-CA',
        file(name, 'pem'),
        '-CAkey',
        file(name, 'key'),
        '-set_serial',
        `0x${randomBytes(8).toString('hex')}`,
        '-days',
        '2',
      ];
      const into = ['-extfile', file(of, 'ext'), '-out', file(of, 'pem')];
      await run('openssl', ['x509', '-req', '-in', file(of, 'csr'), ...by, ...into]);
      return read(of);
    },
  };
}

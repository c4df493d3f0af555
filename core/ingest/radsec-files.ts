// The certificate files of RadSec: read at the start, and again when they change, so that a renewed certificate needs no restart.
import { hash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { OssiaError, toOssiaError } from '../errors.ts';
import type { RadsecListener, RadsecTls } from './radsec-listener.ts';

export interface RadsecFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface RadsecFilesLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface WatchOptions {
  readonly files: RadsecFiles;
  readonly inForce: RadsecTls;
  readonly listener: Pick<RadsecListener, 'renew'>;
  readonly log: RadsecFilesLog;
  readonly everyMs: number;
}

export interface FilesWatch {
  /** Looks at once. */
  look(): Promise<void>;
  close(): void;
}

/** Rejects with `config_invalid` that names the file. */
export async function readTlsFiles(files: RadsecFiles): Promise<RadsecTls> {
  const [cert, key, ca] = await Promise.all([read('cert', files), read('key', files), read('ca', files)]);
  const tls = { cert, key, ca };
  check(tls, files);
  return tls;
}

/** What is read, not what the system tells of changes: links that are moved and mounted folders are seen as well. */
export function watchTlsFiles({ files, inForce, listener, log, everyMs }: WatchOptions): FilesWatch {
  let known = printOf(inForce);
  let last = known;
  let timer = setTimeout(tick, everyMs).unref();
  let closed = false;

  async function look(isSettled: (print: string) => boolean): Promise<void> {
    const read = await readTlsFiles(files).catch((error: unknown) => toOssiaError(error));
    if (closed) return;
    const print = read instanceof OssiaError ? read.message : printOf(read);
    const waits = print !== known && !isSettled(print);
    last = print;
    if (print === known || waits) return;
    known = print;
    const { cert, key, ca } = files;
    if (read instanceof OssiaError) {
      log.warn(
        { cert, key, ca, problem: read.message },
        'new files of RadSec are not taken; what was in force goes on',
      );
      return;
    }
    listener.renew(read);
    const { validTo } = new X509Certificate(read.cert);
    log.info({ cert, validTo }, 'new files of RadSec are in force for new connections');
  }

  /** Files are written one after the other, and piece by piece: they count when two looks in a row see the same. */
  function tick(): void {
    look((print) => print === last)
      .catch((error: unknown) => log.warn({ err: error }, 'the files of RadSec could not be looked at'))
      .finally(() => {
        if (!closed) timer = setTimeout(tick, everyMs).unref();
      });
  }

  return {
    look: () => look(() => true),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** OpenSSL is silent about an authority that is none, and nobody would be let in. */
function check(tls: RadsecTls, files: RadsecFiles): void {
  for (const what of ['cert', 'ca'] as const) {
    try {
      new X509Certificate(tls[what]);
    } catch (cause) {
      throw wrong(`${what}: ${files[what]} is no certificate in PEM`, cause);
    }
  }
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw wrong(`key: ${files.key} is not the key of the certificate ${files.cert}`, cause);
  }
}

async function read(what: keyof RadsecFiles, files: RadsecFiles): Promise<string> {
  return readFile(files[what], 'utf8').catch((cause: unknown) => {
    throw wrong(`${what}: ${files[what]} cannot be read`, cause);
  });
}

/** Not the key itself: it need not lie about in memory once more. */
function printOf({ cert, key, ca }: RadsecTls): string {
  return hash('sha256', [cert, key, ca].join('\0'));
}

function wrong(problem: string, cause: unknown): OssiaError {
  return new OssiaError('config_invalid', `accounting.radsec: ${problem}`, { cause });
}

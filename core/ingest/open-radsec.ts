// RadSec as the settings have it: reads the certificates, listens, and says which of the files is wrong when it cannot.
import { readFile } from 'node:fs/promises';
import { OssiaError } from '../errors.ts';
import { profileOfPeer, type RadsecProfile } from './radsec-clients.ts';
import { type RadsecListener, type RadsecListenerOptions, startRadsecListener } from './radsec-listener.ts';

export interface RadsecSettings {
  readonly host: string;
  readonly port: number;
  /** Files, PEM. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

interface OpenRadsec extends Pick<RadsecListenerOptions, 'sink' | 'log' | 'count'> {
  readonly settings: RadsecSettings;
  readonly profiles: () => readonly RadsecProfile[];
}

/** Rejects with `config_invalid`. */
export async function openRadsec({ settings, profiles, ...rest }: OpenRadsec): Promise<RadsecListener> {
  const { host, port } = settings;
  const [cert, key, ca] = await Promise.all([read('cert', settings), read('key', settings), read('ca', settings)]);
  const listening = startRadsecListener({
    ...rest,
    host,
    port,
    tls: { cert, key, ca },
    clients(peer) {
      const profile = profileOfPeer(profiles(), peer);
      if (!profile?.radius) return undefined;
      return { nas: profile.name, requireMessageAuthenticator: profile.radius.requireMessageAuthenticator };
    },
  });
  return listening.catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw wrong(
      `cannot listen on ${host}:${port} (${why}): is the port free, and do cert and key belong together?`,
      cause,
    );
  });
}

async function read(what: 'cert' | 'key' | 'ca', settings: RadsecSettings): Promise<string> {
  return readFile(settings[what], 'utf8').catch((cause: unknown) => {
    throw wrong(`${what}: ${settings[what]} cannot be read`, cause);
  });
}

function wrong(problem: string, cause: unknown): OssiaError {
  return new OssiaError('config_invalid', `accounting.radsec: ${problem}`, { cause });
}

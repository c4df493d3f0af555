// RadSec as the settings have it: reads the certificates, listens, follows the files, and says which is wrong when it cannot.
import { OssiaError } from '../errors.ts';
import { profileOfPeer, type RadsecProfile } from './radsec-clients.ts';
import { type RadsecFiles, type RadsecFilesLog, readTlsFiles, watchTlsFiles } from './radsec-files.ts';
import { type RadsecListener, type RadsecListenerOptions, startRadsecListener } from './radsec-listener.ts';

export interface RadsecSettings extends RadsecFiles {
  readonly host: string;
  readonly port: number;
}

export interface Radsec extends Pick<RadsecListener, 'port' | 'close'> {
  /** Reads the certificate files anew at once; they are looked at by themselves as well. */
  reload(): Promise<void>;
}

interface OpenRadsec extends Pick<RadsecListenerOptions, 'sink' | 'count'> {
  readonly settings: RadsecSettings;
  readonly profiles: () => readonly RadsecProfile[];
  readonly log: RadsecFilesLog;
  readonly lookEveryMs?: number;
}

/** Rejects with `config_invalid`. */
export async function openRadsec({ settings, profiles, lookEveryMs = 5_000, ...rest }: OpenRadsec): Promise<Radsec> {
  const { host, port } = settings;
  const tls = await readTlsFiles(settings);
  const listener = await startRadsecListener({
    ...rest,
    host,
    port,
    tls,
    clients(peer) {
      const profile = profileOfPeer(profiles(), peer);
      if (!profile?.radius) return undefined;
      return { nas: profile.name, requireMessageAuthenticator: profile.radius.requireMessageAuthenticator };
    },
  }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const problem = `cannot listen on ${host}:${port} (${why}): is the port free?`;
    throw new OssiaError('config_invalid', `accounting.radsec: ${problem}`, { cause });
  });
  const watch = watchTlsFiles({ files: settings, inForce: tls, listener, log: rest.log, everyMs: lookEveryMs });
  return {
    port: listener.port,
    reload: watch.look,
    async close() {
      watch.close();
      await listener.close();
    },
  };
}

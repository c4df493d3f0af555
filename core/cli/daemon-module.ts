// What the commands need of core/daemon.ts, which they load only when they do.
import type { TransportDefinitions } from '../config/load-profile.ts';
import type { Settings } from '../config/settings.ts';
import type { Log } from '../log.ts';
import type { PluginLoader } from '../plugin-host/plugin-shelf.ts';

export interface Daemon {
  /** Where it listens: goes into the log as it is. */
  readonly ready: DaemonPlaces;
  /** Takes nothing new, finishes or returns what runs, commits; resolves when everything is closed. */
  stop(): Promise<void>;
  /** Reads profiles and plugins again. */
  reload(): Promise<void>;
}

export interface DaemonPlaces {
  /** `http://127.0.0.1:8480`. */
  readonly http: string;
  readonly socket: string | null;
  /** UDP port; null when it is off. */
  readonly accounting: number | null;
}

export interface DaemonModule {
  /** Rejects with an OssiaError that says in one message what is wrong. */
  startDaemon(settings: Settings, options: { readonly log: Log }): Promise<Daemon>;
  /** What a check of files needs, nothing of it started. */
  checkParts(): Promise<CheckParts>;
}

export interface CheckParts {
  readonly transports: TransportDefinitions;
  readonly loader: PluginLoader;
}

export async function loadDaemonModule(): Promise<DaemonModule> {
  return import(new URL('../daemon.ts', import.meta.url).href);
}

// Watches one plugin's folder: an editor's many small events of one save are one change.
import { basename, relative, resolve, sep } from 'node:path';
import { watch } from 'chokidar';

interface WatchInput {
  readonly folder: string;
  /** With the files that changed, from the folder on. */
  onChange(files: readonly string[]): void;
  onError(error: unknown): void;
}

export interface PluginWatch {
  /** Resolves when every change from now on is seen. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** A write is over when nothing came for this long; all writes of one save are one unit. */
const settleMs = 30;
const unitMs = 60;

export function watchPlugin({ folder, onChange, onError }: WatchInput): PluginWatch {
  const home = resolve(folder);
  const changed = new Set<string>();
  let unit: NodeJS.Timeout | undefined;
  const isOther = (part: string): boolean => part.startsWith('.') || part === 'node_modules' || part.endsWith('~');
  const watcher = watch(home, {
    ignored: (path) => path !== home && relative(home, path).split(sep).some(isOther),
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: 10 },
    atomic: true,
  });
  watcher.on('error', onError);
  watcher.on('all', (_event, path) => {
    changed.add(relative(home, path) || basename(home));
    clearTimeout(unit);
    unit = setTimeout(() => {
      const files = [...changed].sort();
      changed.clear();
      onChange(files);
    }, unitMs);
  });
  return {
    ready: new Promise((done) => watcher.once('ready', () => done())),
    async close() {
      clearTimeout(unit);
      await watcher.close();
    },
  };
}

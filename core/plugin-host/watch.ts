// Watches the profiles, their models and secrets, and the plugins' folders; says which file or which plugin changed.
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { watch } from 'chokidar';

export interface FolderWatch {
  /** Resolves when every change from now on is seen. */
  readonly ready: Promise<void>;
  /** More files to watch, e.g. secrets. */
  add(files: readonly string[]): void;
  close(): Promise<void>;
}

interface WatchInput {
  readonly profilesDir: string;
  readonly pluginsDir: string;
  /** A profile, model or secret came, changed or went; an absolute path. */
  onFile(path: string): void;
  /** Something in this plugin's folder changed. */
  onPlugin(name: string): void;
  onError(error: unknown): void;
}

/** A write is over when nothing came for this long; a plugin's folder is then one unit. */
const settleMs = 25;
const pollMs = 5;
const unitMs = 10;
/** `.yml` is seen too, to say that it is not read. */
const yaml = /\.ya?ml$/;

export function watchFolders({ profilesDir, pluginsDir, onFile, onPlugin, onError }: WatchInput): FolderWatch {
  const profiles = resolve(profilesDir);
  const plugins = resolve(pluginsDir);
  const extra = new Set<string>();
  const pending = new Map<string, NodeJS.Timeout>();

  function isProfileOrModel(path: string): boolean {
    const folder = dirname(path);
    return (folder === profiles || folder === join(profiles, 'models')) && yaml.test(path) && !isHidden(path);
  }

  function ignored(path: string, stats?: { isFile(): boolean }): boolean {
    if (extra.has(path) || path === profiles || path === plugins) return false;
    if (isInside(plugins, path))
      return relative(plugins, path)
        .split(sep)
        .some((part) => isHidden(part) || part === 'node_modules');
    if (!isInside(profiles, path)) return false;
    return stats?.isFile() ? !isProfileOrModel(path) : path !== join(profiles, 'models') && !yaml.test(path);
  }

  const watcher = watch([profiles, plugins], {
    ignored,
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: pollMs },
    atomic: true,
    ignorePermissionErrors: true,
  });

  watcher.on('error', onError);
  watcher.on('all', (_event, path) => {
    if (extra.has(path) || isProfileOrModel(path)) onFile(path);
    else if (isInside(plugins, path)) {
      const name = relative(plugins, path).split(sep)[0] ?? '';
      clearTimeout(pending.get(name));
      pending.set(
        name,
        setTimeout(() => notify(name), unitMs),
      );
    }
  });

  function notify(name: string): void {
    pending.delete(name);
    onPlugin(name);
  }

  const ready = new Promise<void>((settle) => watcher.once('ready', () => settle()));
  return {
    ready,
    add(files) {
      const fresh = files.map((file) => resolve(file)).filter((file) => !extra.has(file) && !isProfileOrModel(file));
      for (const file of fresh) extra.add(file);
      if (fresh.length > 0) watcher.add(fresh);
    },
    async close() {
      for (const timer of pending.values()) clearTimeout(timer);
      pending.clear();
      await watcher.close();
    },
  };
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder + sep);
}

function isHidden(path: string): boolean {
  const name = basename(path);
  return name.startsWith('.') || name.endsWith('~');
}

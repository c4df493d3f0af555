// Keeps, in the data folder, the last good version of every plugin in use, and which versions were taken back, over restarts.
import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { OssiaError, toOssiaError } from '../errors.ts';
import { parseManifest } from './manifest.ts';
import { compileOptionsSchema } from './options-schema.ts';
import { type Plugin, pluginHash } from './plugin-shelf.ts';

export interface KeptPlugins {
  /** The version that this profile ran last and that had proved itself. Never rejects. */
  good(nas: string): Promise<Plugin | undefined>;
  /** The version that was taken back there, and why. */
  refused(nas: string): Refused | undefined;
  keep(nas: string, plugin: Plugin): void;
  refuse(nas: string, refused: Refused | undefined): void;
  /** The profile is gone. */
  drop(nas: string): void;
  /** Resolves when all is on disk. */
  close(): Promise<void>;
}

/** What is kept of the plugin that a profile has for some of its hooks; no profile has such a name. */
export const besideKey = (nas: string): string => `${nas}/beside`;

export interface Refused {
  readonly hash: string;
  readonly reason: string;
}

interface KeptInput {
  readonly dir: string;
  readonly log: { warn(fields: object, message: string): void };
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const ledgerSchema = z.strictObject({
  profiles: z.record(
    z.string(),
    z.strictObject({
      good: sha256.optional(),
      refused: z.strictObject({ hash: sha256, reason: z.string() }).optional(),
    }),
  ),
});
const bundleSchema = z.strictObject({ manifest: z.unknown(), source: z.string(), sourceMap: z.string() });
type Entry = z.output<typeof ledgerSchema>['profiles'][string];

const ledgerName = 'kept.json';
/** A plugin that a thousand profiles use is one write. */
const gatherMs = 100;

export async function openKeptPlugins({ dir, log }: KeptInput): Promise<KeptPlugins> {
  const entries = new Map<string, Entry>();
  /** Those that are needed and not on disk yet. */
  const fresh = new Map<string, Plugin>();
  const read = new Map<string, Promise<Plugin | undefined>>();
  const known = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  await readLedger().catch((error) => {
    const { message } = toOssiaError(error);
    log.warn({ file: join(dir, ledgerName) }, `what was kept of plugins is not used: ${message}`);
  });

  async function readLedger(): Promise<void> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    const text = await readOwn(join(dir, ledgerName));
    if (text === undefined) return;
    for (const [nas, entry] of Object.entries(ledgerSchema.parse(JSON.parse(text)).profiles)) {
      entries.set(nas, entry);
      if (entry.good !== undefined) known.add(entry.good);
    }
  }

  /** What stands in its name is what it is, or it is not loaded. */
  async function readBundle(hash: string): Promise<Plugin | undefined> {
    const file = join(dir, `${hash}.json`);
    try {
      const text = await readOwn(file);
      if (text === undefined) return missing(hash);
      const { manifest: value, source, sourceMap } = bundleSchema.parse(JSON.parse(text));
      const manifest = parseManifest(value);
      if (pluginHash({ source, manifest }) !== hash)
        throw new OssiaError('plugin_invalid', 'its content is not what its name says');
      return { manifest, source, sourceMap, hash, checkOptions: compileOptionsSchema(manifest) };
    } catch (error) {
      log.warn({ file }, `a kept plugin is not used: ${toOssiaError(error).message}`);
      return missing(hash);
    }
  }

  /** Whoever has it still can have it written anew. */
  function missing(hash: string): undefined {
    known.delete(hash);
  }

  function later(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      saving = saving.then(save).catch((error) => {
        log.warn({ dir }, `the last good versions of plugins are not kept: ${toOssiaError(error).message}`);
      });
    }, gatherMs);
  }

  async function save(): Promise<void> {
    for (const [hash, { manifest, source, sourceMap }] of [...fresh]) {
      await write(`${hash}.json`, { manifest, source, sourceMap });
      fresh.delete(hash);
    }
    const profiles = Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
    await write(ledgerName, { profiles });
    for (const name of await readdir(dir)) {
      const hash = name.slice(0, 64);
      if (!/^[0-9a-f]{64}\.json$/.test(name) || isNeeded(hash)) continue;
      // From here on whoever wants to keep it writes it anew.
      known.delete(hash);
      await rm(join(dir, name), { force: true });
    }
  }

  const isNeeded = (hash: string): boolean =>
    fresh.has(hash) || [...entries.values()].some(({ good }) => good === hash);

  async function write(name: string, value: object): Promise<void> {
    const beside = join(dir, `.${name}.new`);
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(value));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, join(dir, name));
  }

  function set(nas: string, entry: Entry): void {
    if (JSON.stringify(entries.get(nas)) === JSON.stringify(entry)) return;
    entries.set(nas, entry);
    later();
  }

  return {
    async good(nas) {
      const hash = entries.get(nas)?.good;
      if (hash === undefined) return undefined;
      const unwritten = fresh.get(hash);
      if (unwritten) return unwritten;
      const reading = read.get(hash) ?? readBundle(hash);
      read.set(hash, reading);
      return reading;
    },
    refused: (nas) => entries.get(nas)?.refused,
    keep(nas, plugin) {
      const { refused } = entries.get(nas) ?? {};
      if (!known.has(plugin.hash)) {
        fresh.set(plugin.hash, plugin);
        read.delete(plugin.hash);
        later();
      }
      known.add(plugin.hash);
      set(nas, { good: plugin.hash, ...(refused && refused.hash !== plugin.hash && { refused }) });
    },
    refuse(nas, refused) {
      const { good } = entries.get(nas) ?? {};
      set(nas, { ...(good && { good }), ...(refused && { refused }) });
    },
    drop(nas) {
      if ([nas, besideKey(nas)].filter((key) => entries.delete(key)).length > 0) later();
    },
    async close() {
      if (timer !== undefined) {
        clearTimeout(timer);
        timer = undefined;
        saving = saving.then(save).catch(() => undefined);
      }
      await saving;
    },
  };
}

/** Only what nobody but this user can have written. Undefined: there is none. */
async function readOwn(file: string): Promise<string | undefined> {
  const about = await lstat(file).catch(() => undefined);
  if (about === undefined) return undefined;
  const isOurs = about.isFile() && about.uid === process.geteuid?.() && (about.mode & 0o022) === 0;
  if (!isOurs) throw new OssiaError('plugin_invalid', 'somebody else could have written it');
  return readFile(file, 'utf8');
}

// All NAS profiles, live: loaded at the start, kept in step with the files, found by the billing's words or a packet's source.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readProfile, type TransportDefinitions } from '../config/load-profile.ts';
import type { RadiusClient } from '../config/profile.ts';
import type { Environment } from '../config/secrets.ts';
import { OssiaError } from '../errors.ts';
import { canonicalAddress } from '../model/fields.ts';
import type { KvStore } from '../model/kv.ts';
import { createLimit } from '../model/limit.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { checkProfile, type ProfileCheck } from './check-profile.ts';
import { createClaims } from './claims.ts';
import type { KeptPlugins } from './kept-plugins.ts';
import { createMemoryKv } from './memory-kv.ts';
import type { Nas, NasDirectory, NasStatus } from './nas.ts';
import { createPluginControl } from './open-plugin-control.ts';
import type { PluginControl } from './plugin-control.ts';
import { createPluginShelf, type PluginLoader } from './plugin-shelf.ts';
import { createShadowBook, type ShadowReport } from './shadow-book.ts';
import type { ShadowResult } from './shadow-run.ts';
import { createSlot, type RegistryLog, type ReloadResult, type Slot, type SlotHouse } from './slot.ts';
import { watchFolders } from './watch.ts';
import type { KnownHook } from './with-shadow.ts';

export interface RegistryInput {
  readonly profilesDir: string;
  readonly pluginsDir: string;
  readonly loader: PluginLoader;
  readonly sandbox: Sandbox;
  /** The last good versions, over restarts; without it a start knows only what is on disk now. */
  readonly kept?: KeptPlugins;
  /** By name. */
  readonly transports: TransportDefinitions;
  /** The catalogue. */
  readonly hooks: ReadonlyMap<string, KnownHook>;
  readonly log: RegistryLog;
  /** What plugins keep for themselves; in memory when it is not given. */
  readonly kv?: KvStore;
  readonly env?: Environment;
  readonly now?: () => number;
  /** How long a box may take to answer the self-test before it counts as dead; milliseconds. */
  readonly selfTestMs?: number;
  readonly onShadow?: (run: { readonly nas: string; readonly hook: string; readonly result: ShadowResult }) => void;
  readonly onReload?: (reload: { readonly nas: string; readonly result: ReloadResult }) => void;
  /** Follow the files; true by default. */
  readonly watch?: boolean;
}

export interface Registry extends NasDirectory {
  /** Reads this profile, or all, and their plugins anew, changed or not. Rejects with `not_found`. */
  reload(name?: string): Promise<void>;
  readonly plugins: PluginControl;
  /** What the plugins that only look on have seen, by name of the NAS. */
  shadows(): Promise<readonly ShadowReport[]>;
  /** What is wrong with the files as they are now, of this profile or of all; changes nothing. */
  validate(name?: string): Promise<readonly ProfileCheck[]>;
  /** The profile in force that matches a box by what it says of itself. */
  boxNamed(names: { readonly nasIdentifier: string; readonly nasIp: string }): string | undefined;
  /** Whose accounting comes from this address. */
  radiusClient(address: string): AccountingSource | undefined;
  counts(): { readonly live: number; readonly refused: number; readonly quarantined: number };
  close(): Promise<void>;
}

export interface AccountingSource {
  readonly nas: string;
  readonly secret: Buffer;
  readonly requireMessageAuthenticator: RadiusClient['requireMessageAuthenticator'];
}

const loadsAtOnce = 8;
const testsAtOnce = 64;

/** Resolves when every profile is in force or refused, and every later save is seen. A wrong profile stops nothing. */
export async function openRegistry(input: RegistryInput): Promise<Registry> {
  const { profilesDir, pluginsDir, loader, sandbox, transports, hooks, log, env = {}, now = Date.now } = input;
  const slots = new Map<string, Slot>();
  const listeners = new Set<(name: string) => void>();
  const retiring = new Set<Promise<void>>();
  const byIp = new Map<string, string>();
  const byId = new Map<string, string>();
  const byIdentifier = new Map<string, string>();
  const sources = new Map<string, AccountingSource>();
  const shelf = createPluginShelf({ dir: pluginsDir, loader });
  const root = resolve(profilesDir);
  let closed = false;
  let stale = true;

  const watching =
    input.watch === false
      ? undefined
      : watchFolders({
          profilesDir,
          pluginsDir,
          onFile,
          onPlugin(name) {
            shelf.forget(name);
            touch((slot) => slot.plugins().some((one) => one.name === name));
          },
          onError: (error) =>
            log.warn({ err: error }, 'the folders of profiles and plugins are not watched as they should be'),
        });

  const kv = input.kv ?? createMemoryKv(now);
  const shadows = createShadowBook({ kv, onRun: input.onShadow ?? (() => undefined), log });
  const house: SlotHouse = {
    dir: profilesDir,
    shelf,
    kept: input.kept,
    sandbox,
    definitions: transports,
    kv,
    hooks,
    env,
    claims: createClaims(),
    shadows,
    log,
    now,
    selfTestMs: input.selfTestMs ?? 2000,
    limited: createLimit(loadsAtOnce),
    limitedTests: createLimit(testsAtOnce),
    changed({ name, removed }) {
      if (removed) slots.delete(name);
      stale = true;
      for (const listener of listeners) listener(name);
    },
    released: (name) => touch((slot) => slot.blockedBy() === name),
    reloaded: input.onReload ?? (() => undefined),
    watch: (files) => watching?.add(files),
    retired(ending) {
      const settled = ending.finally(() => retiring.delete(settled));
      retiring.add(settled);
    },
  };

  function slotOf(name: string): Slot {
    const there = slots.get(name);
    if (there) return there;
    const slot = createSlot({ name, file: join(profilesDir, `${name}.yaml`), house });
    slots.set(name, slot);
    return slot;
  }

  function touch(concerned: (slot: Slot) => boolean): void {
    if (closed) return;
    for (const slot of slots.values()) if (concerned(slot)) void slot.update();
  }

  function onFile(path: string): void {
    if (closed) return;
    if (dirname(path) !== root) touch((slot) => slot.uses(path));
    else if (path.endsWith('.yaml')) void slotOf(basename(path, '.yaml')).update();
    else notRead(path);
  }

  function notRead(file: string): void {
    log.warn({ file }, 'this file is not read: the name of a profile ends in .yaml');
  }

  /** Made anew when somebody looks: a start with a thousand profiles does it once. */
  function indexed(): void {
    if (!stale) return;
    stale = false;
    for (const map of [byIp, byId, byIdentifier, sources]) map.clear();
    for (const [name, slot] of slots) {
      const profile = slot.live()?.nas.profile;
      for (const ip of profile?.match.nas_ip ?? []) byIp.set(ip, name);
      for (const id of profile?.match.nas_id ?? []) byId.set(id, name);
      for (const identifier of profile?.match.nas_identifier ?? []) byIdentifier.set(identifier, name);
      if (!profile?.radius) continue;
      const { addresses, secret, requireMessageAuthenticator } = profile.radius;
      const source = { nas: name, secret: Buffer.from(secret), requireMessageAuthenticator };
      for (const address of addresses) sources.set(address, source);
    }
  }

  const freshShelf = () => createPluginShelf({ dir: pluginsDir, loader });
  const slotNamed = (name: string): Slot => slots.get(name) ?? missing(name);

  async function readAnew(concerned: readonly Slot[]): Promise<void> {
    for (const slot of concerned) for (const { name } of slot.plugins()) shelf.forget(name);
    await Promise.all(concerned.map((slot) => slot.update()));
  }

  const get = (name: string | undefined): Nas | undefined =>
    name === undefined ? undefined : slots.get(name)?.live()?.nas;

  async function profileNames(): Promise<string[]> {
    const files = await readdir(profilesDir).catch((error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'ENOENT' ? 'there is no folder of NAS profiles' : 'the folder of NAS profiles cannot be read';
      log.warn(
        { dir: resolve(profilesDir), reason: error.code },
        `${why}; no job runs anywhere until a profile is there: make it, or set profiles in ossia.yaml`,
      );
      return [];
    });
    for (const file of files) if (file.endsWith('.yml')) notRead(join(profilesDir, file));
    return files
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => basename(file, '.yaml'))
      .sort();
  }

  await watching?.ready;
  const names = await profileNames();
  const readings = await Promise.all(names.map((name) => readProfile({ name, dir: profilesDir, transports, env })));
  // Begun in the order of names: of two that claim the same box, the first has it at every start.
  await Promise.all(names.map((name, at) => slotOf(name).update(readings[at])));

  return {
    find({ nas_ip, nas_id }) {
      indexed();
      const ip = nas_ip === undefined ? undefined : (canonicalAddress(nas_ip) ?? nas_ip);
      return (
        get(ip === undefined ? undefined : byIp.get(ip)) ?? get(nas_id === undefined ? undefined : byId.get(nas_id))
      );
    },
    get,
    list: (): readonly NasStatus[] =>
      [...slots.values()].map((slot) => slot.status()).sort((one, other) => (one.name < other.name ? -1 : 1)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload: async (name) => readAnew(name === undefined ? [...slots.values()] : [slotNamed(name)]),
    shadows: () => shadows.reports([...slots.keys()].sort().flatMap((name) => get(name) ?? [])),
    plugins: createPluginControl({ slots, shelf, readAnew, freshShelf }),
    async validate(name) {
      const wanted = name === undefined ? await profileNames() : [name];
      const fresh = freshShelf();
      const claims = createClaims();
      const checks: ProfileCheck[] = [];
      for (const each of wanted)
        checks.push(await checkProfile({ name: each, dir: profilesDir, transports, env, shelf: fresh, claims, hooks }));
      return checks;
    },
    boxNamed({ nasIdentifier, nasIp }) {
      indexed();
      return byIdentifier.get(nasIdentifier) ?? byIp.get(nasIp);
    },
    radiusClient(address) {
      indexed();
      return sources.get(address);
    },
    counts() {
      const statuses = [...slots.values()].map((slot) => slot.status());
      return {
        live: statuses.filter(({ nas }) => nas !== null).length,
        refused: statuses.filter(({ problem }) => problem !== '').length,
        quarantined: statuses.filter(({ quarantine }) => quarantine !== null).length,
      };
    },
    async close() {
      closed = true;
      await watching?.close();
      await Promise.allSettled([...slots.values()].map((slot) => slot.close()));
      await Promise.allSettled(retiring);
      await shadows.close();
      for (const map of [byIp, byId, byIdentifier, sources]) map.clear();
      slots.clear();
    },
  };
}

function missing(name: string): never {
  throw new OssiaError('not_found', `There is no profile ${name}.`);
}

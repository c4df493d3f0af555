// One profile's place in the registry: what is in force, what was refused and why; each save is worked off, the newest one last.
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ProfileReading, TransportDefinitions } from '../config/load-profile.ts';
import { readProfile } from '../config/load-profile.ts';
import { problemAt, problemsError } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import type { Environment } from '../config/secrets.ts';
import type { OssiaError } from '../errors.ts';
import type { KvStore } from '../model/kv.ts';
import type { Mask } from '../model/mask.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { buildNas } from './build-nas.ts';
import { checkProfile, type ProfileCheck } from './check-profile.ts';
import { type Claims, createClaims } from './claims.ts';
import type { KeptPlugins } from './kept-plugins.ts';
import { type LiveNas, programOf } from './live-nas.ts';
import { maskError } from './mask-error.ts';
import type { NasStatus } from './nas.ts';
import type { PluginShelf } from './plugin-shelf.ts';
import { selfTestError, unansweredText } from './self-test.ts';
import type { ShadowBook } from './shadow-book.ts';
import { createSuccession, type Version, versionOf } from './succession.ts';
import { takePlugin, takeSecondPlugins } from './take-plugin.ts';
import type { Trial } from './trial.ts';
import type { KnownHook } from './with-shadow.ts';

export type ReloadResult = 'ok' | 'failed' | 'taken back';

export interface RegistryLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What all profiles of one registry share. */
export interface SlotHouse {
  readonly dir: string;
  readonly shelf: PluginShelf;
  readonly kept: KeptPlugins | undefined;
  readonly sandbox: Sandbox;
  readonly definitions: TransportDefinitions;
  readonly kv: KvStore;
  readonly hooks: ReadonlyMap<string, KnownHook>;
  readonly env: Environment;
  readonly claims: Claims;
  readonly shadows: ShadowBook;
  readonly log: RegistryLog;
  readonly now: () => number;
  readonly selfTestMs: number;
  /** Let so many loads and so many self-tests run at once: their time must not go by in the queue of the sandbox. */
  limited<Value>(work: () => Promise<Value>): Promise<Value>;
  limitedTests<Value>(work: () => Promise<Value>): Promise<Value>;
  /** The slot's live NAS changed; `removed` when its file is gone. */
  changed(change: { readonly name: string; readonly removed: boolean }): void;
  /** What this one claimed is free for others. */
  released(name: string): void;
  /** A save was worked off. */
  reloaded(reload: { readonly nas: string; readonly result: ReloadResult }): void;
  watch(files: readonly string[]): void;
  retired(retiring: Promise<void>): void;
}

export interface Slot {
  readonly name: string;
  live(): LiveNas | undefined;
  status(): NasStatus;
  /** The plugins, with the versions that the profile is held to; when one of them, or of the files, changes it is worth an update. */
  plugins(): readonly { readonly name: string; readonly pin?: string | undefined }[];
  uses(absoluteFile: string): boolean;
  /** Who has what this one claims too; empty when nobody does. */
  blockedBy(): string;
  /** Reads the file anew; resolves when what is on disk is in force or refused. */
  update(reading?: ProfileReading): Promise<void>;
  /** Lifts the quarantine, and what was taken back may be tried again; with `trust` it needs no trial. */
  forgive(options: { readonly trust: boolean }): void;
  /** Loads and self-tests what is on disk, beside what is in force. Never rejects. */
  rehearse(shelf: PluginShelf): Promise<ProfileCheck>;
  close(): Promise<void>;
}

interface Attempt {
  readonly signal: AbortSignal;
  readonly reading: ProfileReading;
  readonly profile: Profile;
}

interface Swap {
  readonly next: LiveNas;
  readonly version: Version;
  readonly trial: Trial | undefined;
  readonly dead: string;
  readonly ms: number;
  /** Before anybody hears of the change. */
  said(): void;
}

/** An editor may take the file away for a moment before it puts the new one there. */
const goneMs = 100;

export function createSlot({
  name,
  file,
  house,
}: {
  readonly name: string;
  readonly file: string;
  readonly house: SlotHouse;
}): Slot {
  let live: LiveNas | undefined;
  let hashInForce = '';
  let since: string | null = null;
  let refusal: OssiaError | null = null;
  /** That the box did not answer the self-test; no longer said once it has answered a run. */
  let dead = '';
  let warning = '';
  let reading: ProfileReading | undefined;
  let owner = '';
  let working: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let attempt = new AbortController();

  const lastNas = () => live?.nas;
  const succession = createSuccession({
    name,
    kept: house.kept,
    now: house.now,
    load: (version) => load(version),
    live: () => live,
    retired: house.retired,
    takeBack({ to, live: next, error }) {
      if (closed) return house.retired(next.retire());
      house.reloaded({ nas: name, result: 'taken back' });
      swap({ next, version: to, trial: undefined, dead: '', ms: 0, said: () => refused(error) });
    },
  });

  function update(prepared?: ProfileReading): Promise<void> {
    again = true;
    attempt.abort();
    working ??= work(prepared);
    return working;
  }

  async function work(prepared?: ProfileReading): Promise<void> {
    let ready = prepared;
    try {
      while (again && !closed) {
        again = false;
        attempt = new AbortController();
        await once(attempt.signal, ready);
        ready = undefined;
      }
    } finally {
      // In the same step as the last look at `again`: a save that comes after begins its own work.
      working = undefined;
      succession.workedOff();
    }
  }

  async function once(signal: AbortSignal, prepared?: ProfileReading): Promise<void> {
    const begun = performance.now();
    let mask: Mask = (text) => text;
    try {
      reading =
        prepared ?? (await readProfile({ name, dir: house.dir, transports: house.definitions, env: house.env }));
      if (reading.error && (await isGone())) {
        if (!again) remove();
        return;
      }
      house.watch(reading.files);
      mask = reading.mask;
      owner = '';
      claim(reading.profile);
      if (reading.error) throw reading.error;
      if (reading.profile === null) return;
      await refresh({ signal, reading, profile: reading.profile }, begun);
    } catch (error) {
      if (closed || (signal.aborted && again)) return;
      refuse(maskError(mask, error));
    }
  }

  function claim(profile: Profile | null): void {
    const mine = live ? [live.nas.profile] : [];
    if (house.claims.set(name, profile ? [...mine, profile] : mine)) house.released(name);
  }

  async function refresh({ signal, reading: read, profile }: Attempt, begun: number): Promise<void> {
    const conflict = house.claims.conflict(profile);
    if (conflict) {
      owner = conflict.owner;
      const problem = `${conflict.value} belongs to the profile ${conflict.owner} already; only one can have it`;
      const at = { place: read.place(conflict.path), path: conflict.path, code: 'profile_invalid' } as const;
      throw problemsError('profile_invalid', [problemAt(at, problem)]);
    }
    const kept = live === undefined ? await succession.fallback(read, profile) : undefined;
    try {
      await loadNewest({ signal, reading: read, profile }, begun);
    } catch (error) {
      const isOurs = live === undefined && kept !== undefined && !signal.aborted;
      if (isOurs) await fallBack(kept, signal).catch(() => undefined);
      throw error;
    }
  }

  async function loadNewest({ signal, reading: read, profile }: Attempt, begun: number): Promise<void> {
    const plugin = await takePlugin(house.shelf, { profile, reading: read });
    const second = await takeSecondPlugins(house.shelf, { profile, reading: read });
    const version = versionOf(read, profile, plugin, second);
    const warning = read.warnings.join('\n');
    if (live && version.hash === hashInForce) return settled(warning);
    succession.refuseAgain(version);
    const against = succession.proven();
    const trial = succession.trialOf(version);
    const tested = await loadTested(version, { trial, signal });
    if (tested === null) return;
    if (succession.proven() !== against) {
      // The one before it passed its own trial meanwhile: this one's is to be against that.
      again = true;
      return house.retired(tested.next.retire());
    }
    swap({ ...tested, version, trial, ms: performance.now() - begun, said: () => settled(warning) });
  }

  /** After a restart with a version on disk that is no good: the one that was, with what is wrong said. */
  async function fallBack(version: Version, signal: AbortSignal): Promise<void> {
    const tested = await loadTested(version, { trial: undefined, signal });
    if (tested !== null) swap({ ...tested, version, trial: undefined, ms: 0, said: () => undefined });
  }

  /** Null: something newer was saved meanwhile. Rejects when it does not load, or fails its self-test. */
  async function loadTested(
    version: Version,
    { trial, signal }: { trial: Trial | undefined; signal: AbortSignal },
  ): Promise<Pick<Swap, 'next' | 'dead'> | null> {
    const next = await load(version, trial);
    const tested = await house.limitedTests(async () =>
      signal.aborted ? null : next.selfTest({ deadlineMs: house.selfTestMs, signal }),
    );
    const goesLive = !signal.aborted && tested !== null && tested.type !== 'failed';
    if (!goesLive) house.retired(next.retire());
    if (signal.aborted || tested === null) return null;
    if (tested.type === 'failed') throw selfTestError(tested, version.reading.place(['plugin']));
    return { next, dead: tested.type === 'unanswered' ? unansweredText(tested) : '' };
  }

  function load({ reading: read, profile, plugin, second }: Version, trial?: Trial): Promise<LiveNas> {
    return house.limited(() =>
      buildNas({
        reading: read,
        profile,
        plugin,
        second,
        sandbox: house.sandbox,
        definitions: house.definitions,
        kv: house.kv,
        hooks: house.hooks,
        now: house.now,
        successor: lastNas,
        ...(trial && { judge: trial.judge }),
        onShadow: house.shadows.add,
        onQuarantine: quarantined,
        log: (level, message) => house.log[level]({ nas: name }, read.mask(message)),
      }),
    );
  }

  function quarantined(program: string, reason: string): void {
    house.log.warn({ nas: name, program }, `the plugin is in quarantine and its jobs are parked: ${reason}`);
  }

  function swap(go: Swap): void {
    const old = live;
    live = go.next;
    hashInForce = go.version.hash;
    since = new Date(house.now()).toISOString();
    succession.entered(go.version, go.trial);
    claim(null);
    const program = programOf(go.next.nas.plugin);
    house.log.info({ nas: name, program, ms: Math.round(go.ms) }, old ? 'profile replaced' : 'profile in force');
    dead = go.dead;
    if (dead !== '') house.log.warn({ nas: name }, dead);
    go.said();
    house.changed({ name, removed: false });
    if (old) house.retired(old.retire());
  }

  function settled(text: string): void {
    if (text !== '' && text !== warning) house.log.warn({ nas: name }, text);
    if (refusal) house.log.info({ nas: name }, 'nothing is wrong with the profile any more');
    warning = text;
    refusal = null;
    house.reloaded({ nas: name, result: 'ok' });
  }

  function refuse(error: OssiaError): void {
    // What was never in force keeps no box from another profile.
    if (live === undefined) claim(null);
    house.reloaded({ nas: name, result: 'failed' });
    refused(error);
  }

  function refused(error: OssiaError): void {
    const same = refusal?.message === error.message;
    refusal = error;
    if (same) return;
    const then = live ? 'the one before stays in force' : 'no job runs there';
    house.log.warn(
      { nas: name, code: error.code, problems: error.fields },
      `profile refused, ${then}: ${error.message}`,
    );
  }

  function warningNow(): string {
    if (live === undefined) return '';
    return [live.answered() ? '' : dead, live.nas.shadow?.problem ?? '', warning].filter(Boolean).join('\n');
  }

  async function isGone(): Promise<boolean> {
    if (await exists(file)) return false;
    await new Promise((resolve) => setTimeout(resolve, goneMs));
    return !(await exists(file));
  }

  function remove(): void {
    const old = live;
    live = undefined;
    house.log.info({ nas: name }, 'profile removed');
    house.kept?.drop(name);
    closed = true;
    house.changed({ name, removed: true });
    if (house.claims.set(name, [])) house.released(name);
    house.retired(succession.close());
    if (old) house.retired(old.retire());
  }

  return {
    name,
    live: () => live,
    plugins() {
      const { plugin, pin, beside, shadow } = reading?.profile ?? live?.nas.profile ?? {};
      if (plugin === undefined) return [];
      const second = [beside, shadow].flatMap((one) => (one ? [{ name: one.plugin, pin: one.pin }] : []));
      return [{ name: plugin, pin }, ...second];
    },
    uses: (path) => reading?.files.some((one) => resolve(one) === path) ?? false,
    blockedBy: () => owner,
    update,
    status: () => ({
      name,
      file,
      nas: live?.nas ?? null,
      since: live ? since : null,
      problem: refusal?.message ?? '',
      problems: refusal?.fields ?? [],
      warning: warningNow(),
      trial: succession.trial(),
      quarantine: live?.quarantine() ?? null,
    }),
    forgive(options) {
      succession.forgive(options);
      if (!live?.quarantine()) return;
      live.release();
      house.log.info({ nas: name }, 'the quarantine is lifted');
      house.changed({ name, removed: false });
    },
    rehearse: (shelf) =>
      checkProfile(
        {
          name,
          dir: house.dir,
          transports: house.definitions,
          env: house.env,
          shelf,
          claims: createClaims(),
          hooks: house.hooks,
        },
        { load, selfTestMs: house.selfTestMs },
      ),
    async close() {
      closed = true;
      attempt.abort();
      await working;
      await succession.close();
      await live?.retire();
      live = undefined;
    },
  };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

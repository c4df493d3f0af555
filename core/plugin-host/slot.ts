// One profile's place in the registry: what is in force, what was refused and why; each save is worked off, the newest one last.
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ProfileReading, TransportDefinitions } from '../config/load-profile.ts';
import { readProfile } from '../config/load-profile.ts';
import type { Place } from '../config/located.ts';
import { problemAt, problemsError } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import type { Environment } from '../config/secrets.ts';
import { OssiaError } from '../errors.ts';
import type { HookKind } from '../model/hook.ts';
import type { Mask } from '../model/mask.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { buildNas } from './build-nas.ts';
import type { Claims } from './claims.ts';
import type { LiveNas } from './live-nas.ts';
import { maskError } from './mask-error.ts';
import type { NasStatus } from './nas.ts';
import type { PluginShelf } from './plugin-shelf.ts';

export interface RegistryLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What all profiles of one registry share. */
export interface SlotHouse {
  readonly dir: string;
  readonly shelf: PluginShelf;
  readonly sandbox: Sandbox;
  readonly definitions: TransportDefinitions;
  readonly hooks: ReadonlyMap<string, { readonly kind: HookKind }>;
  readonly env: Environment;
  readonly claims: Claims;
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
  reloaded(reload: { readonly nas: string; readonly result: 'ok' | 'failed' }): void;
  watch(files: readonly string[]): void;
  retired(retiring: Promise<void>): void;
}

export interface Slot {
  readonly name: string;
  live(): LiveNas | undefined;
  status(): NasStatus;
  /** The plugin and the files that it depends on; when one changes it is worth an update. */
  plugin(): string;
  uses(absoluteFile: string): boolean;
  /** Who has what this one claims too; empty when nobody does. */
  blockedBy(): string;
  /** Reads the file anew; resolves when what is on disk is in force or refused. */
  update(reading?: ProfileReading): Promise<void>;
  close(): Promise<void>;
}

interface Attempt {
  readonly signal: AbortSignal;
  readonly reading: ProfileReading;
  readonly profile: Profile;
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
    const plugin = await takePlugin(profile, read);
    const hash = `${read.hash}/${plugin.hash}`;
    if (live && hash === hashInForce) return settled(warning);
    const next = await house.limited(() =>
      buildNas({
        reading: read,
        profile,
        plugin,
        sandbox: house.sandbox,
        definitions: house.definitions,
        hooks: house.hooks,
        now: house.now,
        successor: lastNas,
        log: (level, message) => house.log[level]({ nas: name }, read.mask(message)),
      }),
    );
    const tested = await house.limitedTests(async () =>
      signal.aborted ? null : next.selfTest({ deadlineMs: house.selfTestMs, signal }),
    );
    const goesLive = !signal.aborted && tested !== null && tested.type !== 'failed';
    if (!goesLive) house.retired(next.retire());
    if (signal.aborted || tested === null) return;
    if (tested.type === 'failed') throw selfTestError(tested, read.place(['plugin']));
    const dead = tested.type === 'unanswered' ? `The self-test had no answer: ${tested.reason}` : '';
    swap({ next, hash, dead, warning: read.warnings.join('\n'), ms: performance.now() - begun });
  }

  /** A plugin that is not there is a mistake in the profile: it gets the profile's line too. */
  async function takePlugin(profile: Profile, read: ProfileReading) {
    try {
      return await house.shelf.take(profile.plugin);
    } catch (error) {
      const { code, message, fields } = maskError(read.mask, error);
      const place = read.place(['plugin']);
      const own = {
        where: `${place.file}:${place.line} plugin`,
        problem: `the plugin ${profile.plugin} does not load`,
      };
      throw new OssiaError(code, `${own.where}: ${own.problem}:\n${message}`, { fields: [own, ...fields] });
    }
  }

  function swap(go: { next: LiveNas; hash: string; dead: string; warning: string; ms: number }): void {
    const old = live;
    live = go.next;
    hashInForce = go.hash;
    since = new Date(house.now()).toISOString();
    claim(null);
    const { plugin } = go.next.nas;
    const program = `${plugin.name}@${plugin.version}#${plugin.hash.slice(0, 8)}`;
    house.log.info({ nas: name, program, ms: Math.round(go.ms) }, old ? 'profile replaced' : 'profile in force');
    dead = go.dead;
    if (dead !== '') house.log.warn({ nas: name }, dead);
    settled(go.warning);
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
    const same = refusal?.message === error.message;
    refusal = error;
    // What was never in force keeps no box from another profile.
    if (live === undefined) claim(null);
    house.reloaded({ nas: name, result: 'failed' });
    if (same) return;
    const then = live ? 'the one before stays in force' : 'no job runs there';
    house.log.warn(
      { nas: name, code: error.code, problems: error.fields },
      `profile refused, ${then}: ${error.message}`,
    );
  }

  function warningNow(): string {
    if (live === undefined) return '';
    return [live.answered() ? '' : dead, warning].filter((text) => text !== '').join('\n');
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
    closed = true;
    house.changed({ name, removed: true });
    if (house.claims.set(name, [])) house.released(name);
    if (old) house.retired(old.retire());
  }

  return {
    name,
    live: () => live,
    plugin: () => reading?.profile?.plugin ?? live?.nas.profile.plugin ?? '',
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
    }),
    async close() {
      closed = true;
      attempt.abort();
      await working;
      await live?.retire();
      live = undefined;
    },
  };
}

function selfTestError({ reason, stack }: { reason: string; stack: string }, { file, line }: Place): OssiaError {
  const where = `${file}:${line} plugin`;
  const problem = `the self-test failed: ${reason}`;
  const text = `${where}: ${problem}${stack ? `\n${stack}` : ''}`;
  return new OssiaError('self_test_failed', text, { fields: [{ where, problem }] });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

// Who follows whom in force on one profile: the last version that proved itself, the one on trial against it, and the one that was taken back.
import type { ProfileReading } from '../config/load-profile.ts';
import type { Profile } from '../config/profile.ts';
import { OssiaError } from '../errors.ts';
import { besideKey, type KeptPlugins } from './kept-plugins.ts';
import { type LiveNas, programOf } from './live-nas.ts';
import type { HookRun } from './nas.ts';
import type { Plugin } from './plugin-shelf.ts';
import { fits, type SecondPlugins } from './take-plugin.ts';
import { createTrial, type Trial, type TrialStatus } from './trial.ts';

/** A profile and a plugin as they were read: all that it takes to load them, also again. */
export interface Version {
  readonly reading: ProfileReading;
  readonly profile: Profile;
  readonly plugin: Plugin;
  readonly second: SecondPlugins;
  /** Of all. */
  readonly hash: string;
}

export interface Succession {
  /** Throws why this version was taken back, when it was. */
  refuseAgain(next: Version): void;
  /** Before it is loaded. Undefined: there is nothing to try it against. */
  trialOf(next: Version): Trial | undefined;
  /** What a trial would be against now. */
  proven(): Version | undefined;
  /** It is in force. */
  entered(next: Version, trial: Trial | undefined): void;
  /** What this profile can run while the version on disk cannot be: kept from before a restart. */
  fallback(reading: ProfileReading, profile: Profile): Promise<Version | undefined>;
  /** What was taken back may be tried again; with `trust` what is on trial, and what is on disk now, needs no trial. */
  forgive(options: { readonly trust: boolean }): void;
  /** What was on disk is in force or refused: later saves are not trusted. */
  workedOff(): void;
  trial(): TrialStatus | null;
  close(): Promise<void>;
}

interface SuccessionInput {
  readonly name: string;
  readonly kept: KeptPlugins | undefined;
  readonly now: () => number;
  load(version: Version): Promise<LiveNas>;
  live(): LiveNas | undefined;
  /** The version before is to be in force again. */
  takeBack(back: { readonly to: Version; readonly live: LiveNas; readonly error: OssiaError }): void;
  retired(retiring: Promise<void>): void;
}

export function versionOf(
  reading: ProfileReading,
  profile: Profile,
  plugin: Plugin,
  second: SecondPlugins = {},
): Version {
  const { beside, shadow } = second;
  const lookingOn = shadow instanceof OssiaError ? shadow.message : (shadow?.hash ?? '');
  const hash = [reading.hash, plugin.hash, beside?.hash ?? '', lookingOn].join('/');
  return { reading, profile, plugin, second, hash };
}

export function createSuccession(input: SuccessionInput): Succession {
  const { name, kept, now, load, live, takeBack, retired } = input;
  let inForce: { readonly version: Version; readonly trial: Trial | undefined } | undefined;
  let proven: Version | undefined;
  /** The proven one, loaded beside the one on trial since a job of that failed. */
  let beside: Promise<LiveNas> | undefined;
  /** By hash: why it was. */
  const takenBack = new Map<string, OssiaError>();
  let isTrusted = false;

  function prove(version: Version): void {
    proven = version;
    putAside();
    kept?.keep(name, version.plugin);
    if (version.second.beside) kept?.keep(besideKey(name), version.second.beside);
  }

  function putAside(): void {
    beside?.then(
      (one) => one !== live() && retired(one.retire()),
      () => undefined,
    );
    beside = undefined;
  }

  function loadBeside(version: Version): Promise<LiveNas> {
    beside ??= load(version).catch((error) => {
      beside = undefined;
      throw error;
    });
    return beside;
  }

  function refusedBefore({ plugin, second: { beside } }: Pick<Version, 'plugin' | 'second'>) {
    const [one, other] = [kept?.refused(name), kept?.refused(besideKey(name))];
    if (one?.hash === plugin.hash) return one;
    return other !== undefined && other.hash === beside?.hash ? other : undefined;
  }

  async function before({ next, against }: { next: Version; against: Version }, request: HookRun) {
    const isBeside = against === proven && inForce?.version !== against;
    // What is in force by now is another one, or it would be asked again what it has just failed at, without an end.
    const other = inForce === undefined || inForce.version === next ? undefined : live();
    const one = isBeside ? await loadBeside(against) : other;
    if (one === undefined) throw new OssiaError('aborted', 'The profile is gone.');
    return one.nas.run(request);
  }

  async function goBack({ from, to, reason }: { from: Version; to: Version; reason: string }): Promise<void> {
    // Loaded for nothing it would stay, and be taken for another one's version before.
    if (inForce?.version !== from) return;
    const one = await loadBeside(to).catch(() => undefined);
    if (one === undefined || inForce?.version !== from) return;
    const { file, line } = from.reading.place(['plugin']);
    const where = `${file}:${line} plugin`;
    const problem = `${wordsFor(from, to)} was taken back: ${reason}`;
    const error = new OssiaError('trial_failed', `${where}: ${problem}`, { fields: [{ where, problem }] });
    takenBack.set(from.hash, error);
    const { hash } = changedPlugin(from, to) ?? {};
    if (hash !== undefined) kept?.refuse(hash === from.plugin.hash ? name : besideKey(name), { hash, reason: problem });
    beside = undefined;
    inForce = { version: to, trial: undefined };
    takeBack({ to, live: one, error });
  }

  return {
    refuseAgain({ hash, plugin, second, reading }) {
      const known = takenBack.get(hash);
      if (known !== undefined) throw known;
      const before = inForce === undefined ? refusedBefore({ plugin, second }) : undefined;
      if (before === undefined) return;
      const { file, line } = reading.place(['plugin']);
      const where = `${file}:${line} plugin`;
      const fields = [{ where, problem: before.reason }];
      const error = new OssiaError('trial_failed', `${where}: ${before.reason}`, { fields });
      takenBack.set(hash, error);
      throw error;
    },

    trialOf(next) {
      const against = proven;
      const isSafe = against && against.hash !== next.hash && mayRunFor(against.profile, next.profile);
      if (!isSafe || isTrusted) return undefined;
      const isNewPlugin = against.plugin.hash !== next.plugin.hash;
      const trial: Trial = createTrial({
        program: wordsFor(next, against),
        against: isNewPlugin ? programOfPlugin(against.plugin) : 'the profile before it',
        before: (request) => before({ next, against }, request),
        now,
        onWorse: (reason) => void goBack({ from: next, to: against, reason }),
        onPassed() {
          if (inForce?.version === next) prove(next);
        },
      });
      return trial;
    },

    proven: () => proven,

    entered(version, trial) {
      inForce = { version, trial };
      if (trial === undefined) prove(version);
    },

    async fallback(reading, profile) {
      const plugin = await kept?.good(name);
      if (plugin?.manifest.name !== profile.plugin || !fits(plugin, profile.pin)) return undefined;
      const beside = profile.beside && (await kept?.good(besideKey(name)));
      const isWhole =
        beside?.manifest.name === profile.beside?.plugin && (!beside || fits(beside, profile.beside?.pin));
      if (!isWhole) return undefined;
      const version = versionOf(reading, profile, plugin, beside && { beside });
      // What is on disk is tried against it.
      if (proven === undefined) proven = version;
      return version;
    },

    forgive({ trust }) {
      takenBack.clear();
      isTrusted = trust;
      for (const key of [name, besideKey(name)]) kept?.refuse(key, undefined);
      if (!trust || inForce?.trial?.status() == null) return;
      const { version } = inForce;
      inForce.trial?.end();
      inForce = { version, trial: undefined };
      prove(version);
    },

    workedOff() {
      isTrusted = false;
    },

    trial: () => inForce?.trial?.status() ?? null,

    async close() {
      inForce = undefined;
      proven = undefined;
      const one = await beside?.catch(() => undefined);
      await one?.retire();
    },
  };
}

function wordsFor(next: Version, against: Version): string {
  const plugin = changedPlugin(next, against);
  return plugin === undefined ? 'the new profile' : programOfPlugin(plugin);
}

function changedPlugin(next: Version, against: Version): Plugin | undefined {
  if (next.plugin.hash !== against.plugin.hash) return next.plugin;
  const { beside } = next.second;
  return beside?.hash === against.second.beside?.hash ? undefined : beside;
}

function programOfPlugin({ manifest, hash }: Plugin): string {
  return programOf({ ...manifest, hash });
}

/**
 * Another box has nothing to be compared with, and going back would mean to write to one that was taken away; with other grants it
 * would do what somebody has just forbidden.
 */
function mayRunFor(one: Profile, other: Profile): boolean {
  return boundsOf(one) === boundsOf(other);
}

function boundsOf({ match, grants, radius, transports }: Profile): string {
  const places = Object.entries(transports).map(([name, section]) => {
    const at = typeof section === 'object' && section !== null ? (section as Record<string, unknown>) : {};
    return [name, at['host'], at['port'], at['base_url']];
  });
  places.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  // An address that accounting no longer comes from may be another profile's by the time of going back.
  return JSON.stringify([match, grants, radius?.addresses, places]);
}

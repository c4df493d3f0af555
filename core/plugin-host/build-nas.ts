// From a profile that reads well to a NAS that may go live: plugin, options, device, a fresh guest, the self-test.
import { createHash } from 'node:crypto';
import { hint } from '../config/hint.ts';
import type { PluginPart, ProfileReading, TransportDefinitions } from '../config/load-profile.ts';
import { type Problem, problemAt, problemsError } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import { OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { KvStore } from '../model/kv.ts';
import type { Guest, Sandbox } from '../sandbox/sandbox.ts';
import type { TransportEnvironment } from '../transport/transport.ts';
import { type OpenDevice, openDevice } from './device.ts';
import { createLiveNas, type LiveNas, type LiveNasInput, programOf } from './live-nas.ts';
import { maskError } from './mask-error.ts';
import { createMemoryKv } from './memory-kv.ts';
import { checkNamedHooks } from './named-hooks.ts';
import { createPace, type Pace } from './pace.ts';
import type { Plugin } from './plugin-shelf.ts';
import type { ShadowRun } from './shadow-run.ts';
import type { SecondPlugins } from './take-plugin.ts';
import { withBeside } from './with-beside.ts';
import { type KnownHook, type Shadow, withShadow } from './with-shadow.ts';

export interface BuildNasInput {
  readonly reading: ProfileReading;
  readonly profile: Profile;
  readonly plugin: Plugin;
  /** Those of them that the profile names; without them it is built for its plugin alone. */
  readonly second?: SecondPlugins;
  readonly sandbox: Sandbox;
  readonly definitions: TransportDefinitions;
  /** In memory, for this NAS alone, when it is not given. */
  readonly kv?: KvStore;
  readonly hooks: ReadonlyMap<string, KnownHook>;
  readonly now: () => number;
  readonly successor: LiveNasInput['successor'];
  readonly judge?: LiveNasInput['judge'];
  /** Where a shadow says what it saw; without it there is none. */
  readonly onShadow?: (run: ShadowRun) => void;
  onQuarantine(program: string, reason: string): void;
  readonly log: TransportEnvironment['log'];
}

/** Rejects with an OssiaError; nothing stays open then. */
export async function buildNas(input: BuildNasInput): Promise<LiveNas> {
  const { reading, profile, plugin, hooks, definitions, second = {} } = input;
  checkNamedHooks(reading, hooks);
  const pace = createPace(profile.limits.callsPerSecond);
  let whole: LiveNas | undefined;
  const base: PartInput = {
    ...input,
    pace,
    kv: input.kv ?? createMemoryKv(input.now),
    options: checkedOptions(plugin, reading, second.beside),
    // A part that is retired hands over to another NAS, not to the one that it is a part of.
    successor() {
      const next = input.successor();
      return next === whole?.nas ? undefined : next;
    },
  };
  whole = await buildPart(base);
  try {
    const { beside, shadow } = second;
    if (beside && profile.beside) {
      const options = optionsOf(beside, reading.second('beside'));
      whole = withBeside(whole, await buildPart({ ...base, plugin: beside, options }), reading);
    }
    if (shadow && profile.shadow && input.onShadow) {
      const looking = await buildShadow({ ...base, profile, shadow: profile.shadow, taken: shadow });
      whole = withShadow(whole, looking, { settings: profile.shadow, hooks, definitions, onRun: input.onShadow });
    }
    return whole;
  } catch (error) {
    await whole.retire();
    throw error;
  }
}

interface PartInput extends Omit<BuildNasInput, 'second'> {
  readonly options: Readonly<Record<string, unknown>>;
  readonly pace: Pace;
  readonly kv: KvStore;
}

async function buildPart(input: PartInput): Promise<LiveNas> {
  const { reading, options, plugin, sandbox, definitions, hooks, now, successor, judge, kv, pace, log } = input;
  const profile = { ...input.profile, options };
  const { manifest, hash, source, sourceMap } = plugin;
  const device = openDevice({ profile, manifest, definitions, kv, pace, now, log });
  let guest: Guest | undefined;
  try {
    guest = await sandbox.load({
      name: `${profile.name}@${manifest.version}#${hash.slice(0, 8)}`,
      source,
      sourceMap,
      device: device.grants,
      streams: device.streams,
      limits: profile.limits.guest,
      owner: { nas: profile.name, plugin: manifest.name },
    });
    refuseUnknownHooks({ guest, hooks, plugin });
    const kindOf = (hook: string) => hooks.get(hook)?.kind;
    return createLiveNas({
      profile,
      options,
      manifest,
      hash,
      guest,
      device,
      mask: reading.mask,
      kindOf,
      now,
      successor,
      ...(judge && { judge }),
      onQuarantine: (reason) => input.onQuarantine(programOf({ ...manifest, hash }), reason),
    });
  } catch (error) {
    await closeAll(device, guest);
    throw error;
  }
}

interface BuildShadowInput extends PartInput {
  readonly shadow: NonNullable<Profile['shadow']>;
  readonly taken: NonNullable<SecondPlugins['shadow']>;
}

/** Whatever is wrong with it keeps no job from running: it is said. */
async function buildShadow({ shadow, taken, ...base }: BuildShadowInput): Promise<Shadow> {
  const { reading, profile, log } = base;
  try {
    if (taken instanceof OssiaError) throw taken;
    const options = optionsOf(taken, reading.second('shadow'));
    const limits = { ...profile.limits, deadlineMs: shadow.deadlineMs };
    const { judge: _, ...rest } = base;
    const live = await buildPart({
      ...rest,
      plugin: taken,
      options,
      profile: { ...profile, limits },
      successor: () => undefined,
      onQuarantine: (program, reason) => log('warn', `the shadow ${program} is in quarantine: ${reason}`),
    });
    const of = createHash('sha256')
      .update(JSON.stringify([options, shadow.hooks]))
      .digest('hex')
      .slice(0, 8);
    return { live, problem: '', version: `${programOf(live.nas.plugin)}/${of}` };
  } catch (error) {
    const { message } = maskError(reading.mask, error);
    return { live: null, problem: `nothing is compared: ${message}`, version: '' };
  }
}

/** Throws `profile_invalid` with every misfit and its place. */
export function checkedOptions(
  plugin: Plugin,
  reading: ProfileReading,
  beside?: Plugin,
): Readonly<Record<string, unknown>> {
  const answer = plugin.checkOptions(reading);
  const other = beside?.checkOptions(reading.second('beside'));
  const problems = [
    ...strayGrants(beside === undefined ? [plugin] : [plugin, beside], reading),
    ...(answer.ok ? [] : answer.problems),
    ...(other === undefined || other.ok ? [] : other.problems),
  ];
  if (answer.ok && problems.length === 0) return answer.options;
  throw problemsError('profile_invalid', problems);
}

/** Of a second plugin; throws `profile_invalid`. */
export function optionsOf(plugin: Plugin, part: PluginPart): Readonly<Record<string, unknown>> {
  const answer = plugin.checkOptions(part);
  if (answer.ok) return answer.options;
  throw problemsError('profile_invalid', answer.problems);
}

/** A mistyped name would leave the transport as open as the plugin asks. */
function strayGrants(plugins: readonly Plugin[], { profile, place }: ProfileReading): Problem[] {
  const asked = plugins.flatMap(({ manifest }) => Object.keys(manifest.transports));
  const names = plugins.map(({ manifest }) => manifest.name);
  return Object.keys(profile?.grants ?? {})
    .filter((name) => !asked.includes(name))
    .map((name) => {
      const path = ['grants', name];
      const who = names.length === 1 ? `the plugin ${names[0]} asks` : `the plugins ${names.join(' and ')} ask`;
      const problem = `is not a transport that ${who} for${hint(name, asked)}`;
      return problemAt({ place: place(path), path, code: 'profile_invalid' }, problem);
    });
}

interface HooksInput {
  readonly guest: Guest;
  readonly hooks: BuildNasInput['hooks'];
  readonly plugin: Plugin;
}

/** A hook with a mistyped name would never be called, and nobody would know. */
export function refuseUnknownHooks({ guest, hooks, plugin }: HooksInput): void {
  const fields = [...guest.hooks]
    .filter((hook) => !hooks.has(hook))
    .map((hook) => {
      const near = nearest(hook, hooks.keys());
      const guess = near === undefined ? '' : `; did you mean ${near}?`;
      return {
        where: `plugins/${plugin.manifest.name}/plugin.ts ${hook}`,
        problem: `is not a hook of the catalogue${guess}`,
      };
    });
  if (fields.length === 0) return;
  const all = fields.map(({ where, problem }) => `${where}: ${problem}`).join('\n');
  throw new OssiaError('plugin_invalid', all, { fields });
}

async function closeAll(device: OpenDevice, guest: Guest | undefined): Promise<void> {
  await Promise.allSettled([device.close(), guest?.close()]);
}

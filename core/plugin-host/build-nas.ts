// From a profile that reads well to a NAS that may go live: plugin, options, device, a fresh guest, the self-test.

import { hint } from '../config/hint.ts';
import type { ProfileReading, TransportDefinitions } from '../config/load-profile.ts';
import { type Problem, problemAt, problemsError } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import { OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { HookKind } from '../model/hook.ts';
import type { KvStore } from '../model/kv.ts';
import type { Guest, Sandbox } from '../sandbox/sandbox.ts';
import type { TransportEnvironment } from '../transport/transport.ts';
import { type OpenDevice, openDevice } from './device.ts';
import { createLiveNas, type LiveNas, type LiveNasInput } from './live-nas.ts';
import { createMemoryKv } from './memory-kv.ts';
import type { Plugin } from './plugin-shelf.ts';

export interface BuildNasInput {
  readonly reading: ProfileReading;
  readonly profile: Profile;
  readonly plugin: Plugin;
  readonly sandbox: Sandbox;
  readonly definitions: TransportDefinitions;
  /** In memory, for this NAS alone, when it is not given. */
  readonly kv?: KvStore;
  readonly hooks: ReadonlyMap<string, { readonly kind: HookKind }>;
  readonly now: () => number;
  readonly successor: LiveNasInput['successor'];
  readonly judge?: LiveNasInput['judge'];
  readonly onQuarantine: LiveNasInput['onQuarantine'];
  readonly log: TransportEnvironment['log'];
}

/** Rejects with an OssiaError; nothing stays open then. */
export async function buildNas(input: BuildNasInput): Promise<LiveNas> {
  const { reading, profile: parsed, plugin, sandbox, definitions, hooks, now, successor, judge, log } = input;
  const { kv = createMemoryKv(now) } = input;
  const options = checkedOptions(plugin, reading);
  const profile = { ...parsed, options };
  const { manifest, hash, source, sourceMap } = plugin;
  const device = openDevice({ profile, manifest, definitions, kv, now, log });
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
      onQuarantine: input.onQuarantine,
    });
  } catch (error) {
    await closeAll(device, guest);
    throw error;
  }
}

/** Throws `profile_invalid` with every misfit and its place. */
export function checkedOptions(plugin: Plugin, reading: ProfileReading): Readonly<Record<string, unknown>> {
  const answer = plugin.checkOptions(reading);
  const problems = [...strayGrants(plugin, reading), ...(answer.ok ? [] : answer.problems)];
  if (answer.ok && problems.length === 0) return answer.options;
  throw problemsError('profile_invalid', problems);
}

/** A mistyped name would leave the transport as open as the plugin asks. */
function strayGrants({ manifest }: Plugin, { profile, place }: ProfileReading): Problem[] {
  const asked = Object.keys(manifest.transports);
  return Object.keys(profile?.grants ?? {})
    .filter((name) => !asked.includes(name))
    .map((name) => {
      const path = ['grants', name];
      const problem = `is not a transport that the plugin ${manifest.name} asks for${hint(name, asked)}`;
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

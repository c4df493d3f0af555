// From a profile that reads well to a NAS that may go live: plugin, options, device, a fresh guest, the self-test.
import type { ProfileReading, TransportDefinitions } from '../config/load-profile.ts';
import { problemsError } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import { OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { HookKind } from '../model/hook.ts';
import type { Guest, Sandbox } from '../sandbox/sandbox.ts';
import type { TransportEnvironment } from '../transport/transport.ts';
import { type OpenDevice, openDevice } from './device.ts';
import { createLiveNas, type LiveNas, type LiveNasInput } from './live-nas.ts';
import type { Plugin } from './plugin-shelf.ts';

export interface BuildNasInput {
  readonly reading: ProfileReading;
  readonly profile: Profile;
  readonly plugin: Plugin;
  readonly sandbox: Sandbox;
  readonly definitions: TransportDefinitions;
  readonly hooks: ReadonlyMap<string, { readonly kind: HookKind }>;
  readonly now: () => number;
  readonly successor: LiveNasInput['successor'];
  readonly log: TransportEnvironment['log'];
}

/** Rejects with an OssiaError; nothing stays open then. */
export async function buildNas(input: BuildNasInput): Promise<LiveNas> {
  const { reading, profile: parsed, plugin, sandbox, definitions, hooks, now, successor, log } = input;
  const options = checkedOptions(plugin, reading);
  const profile = { ...parsed, options };
  const { manifest, hash, source, sourceMap } = plugin;
  const device = openDevice({ profile, manifest, definitions, log });
  let guest: Guest | undefined;
  try {
    guest = await sandbox.load({
      name: `${profile.name}@${manifest.version}#${hash.slice(0, 8)}`,
      source,
      sourceMap,
      device: device.grants,
      streams: device.streams,
      limits: profile.limits.guest,
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
    });
  } catch (error) {
    await closeAll(device, guest);
    throw error;
  }
}

/** Throws `profile_invalid` with every misfit and its place. */
export function checkedOptions(plugin: Plugin, reading: ProfileReading): Readonly<Record<string, unknown>> {
  const answer = plugin.checkOptions(reading);
  if (answer.ok) return answer.options;
  throw problemsError('profile_invalid', answer.problems);
}

interface HooksInput {
  readonly guest: Guest;
  readonly hooks: BuildNasInput['hooks'];
  readonly plugin: Plugin;
}

/** A hook with a mistyped name would never be called, and nobody would know. */
function refuseUnknownHooks({ guest, hooks, plugin }: HooksInput): void {
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

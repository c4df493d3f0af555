// Loads plugins that are to run nowhere: for checks of the files alone.
import type { TransportDefinitions } from '../config/load-profile.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { buildNas, refuseUnknownHooks } from './build-nas.ts';
import type { LiveNas } from './live-nas.ts';
import type { Plugin } from './plugin-shelf.ts';
import type { Version } from './succession.ts';
import type { KnownHook } from './with-shadow.ts';

interface TrierInput {
  readonly sandbox: Sandbox;
  readonly transports: TransportDefinitions;
  readonly hooks: ReadonlyMap<string, KnownHook>;
}

/** What a profile gives that says nothing of limits. */
const usualLimits = { memoryMb: 32, cpuMs: 200, maxCalls: 1000, maxCallBytes: 1024 ** 2, maxLogLines: 200 };

export function createPluginTrier({ sandbox, transports: definitions, hooks }: TrierInput) {
  return {
    /** Without a profile. Rejects with `plugin_invalid`. */
    async load(plugin: Plugin): Promise<void> {
      const { manifest, source, sourceMap, hash } = plugin;
      const name = `${manifest.name}@${manifest.version}#${hash.slice(0, 8)}`;
      const guest = await sandbox.load({ name, source, sourceMap, device: {}, streams: [], limits: usualLimits });
      try {
        refuseUnknownHooks({ guest, hooks, plugin });
      } finally {
        await guest.close();
      }
    },
    build: ({ reading, profile, plugin, second }: Version): Promise<LiveNas> =>
      buildNas({
        reading,
        profile,
        plugin,
        second,
        sandbox,
        definitions,
        hooks,
        now: Date.now,
        successor: () => undefined,
        onQuarantine: () => undefined,
        log: () => undefined,
      }),
  };
}

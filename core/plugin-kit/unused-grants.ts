// Runs a plugin's cases and says which of the patterns in its plugin.json none of them needed: what it asks for and may not use.
import { createGrants } from '../plugin-host/grants.ts';
import type { PluginManifest } from '../plugin-host/plugin-manifest.ts';
import type { TransportDefinition } from '../transport/transport.ts';
import { openPluginKit } from './kit.ts';
import type { KitParts } from './parts.ts';
import { runCase } from './run-case.ts';

type Call = Parameters<ReturnType<typeof createGrants>['refusal']>[0];

interface Pattern {
  readonly transport: string;
  readonly pattern: string;
}

/** Transports alone; what is kept by `kv` is seen by no transport. */
export async function unusedGrants(folder: string, parts: KitParts): Promise<readonly Pattern[]> {
  const calls: Call[] = [];
  const kit = await openPluginKit({ folder, engine: 'in-process', parts: listening(parts, calls) });
  try {
    for (const one of kit.cases) await runCase(kit, one);
    return patternsOf(kit.manifest)
      .filter(({ transport }) => Object.hasOwn(parts.transports, transport))
      .filter((one) => !calls.some((call) => isFor(one, call)));
  } finally {
    await kit.close();
  }
}

function patternsOf({ transports }: PluginManifest): Pattern[] {
  return Object.entries(transports).flatMap(([transport, patterns]) =>
    patterns.map((pattern) => ({ transport, pattern })),
  );
}

function isFor({ transport, pattern }: Pattern, call: Call): boolean {
  const alone = createGrants({ plugin: '', nas: '', asked: { [transport]: [pattern] }, given: {} });
  return alone.refusal(call) === '';
}

function listening(parts: KitParts, calls: Call[]): KitParts {
  const heard = (definition: TransportDefinition): TransportDefinition => ({
    ...definition,
    subjects(method, args) {
      const subjects = definition.subjects ? definition.subjects(method, args) : [[method]];
      calls.push({ transport: definition.name, access: definition.methods[method]?.access ?? 'write', subjects });
      return subjects;
    },
  });
  const transports = Object.fromEntries(Object.entries(parts.transports).map(([name, one]) => [name, heard(one)]));
  return { ...parts, transports };
}

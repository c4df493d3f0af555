// A real box by its profile, with the plugin as its folder is now and not as a daemon runs it: for one try, beside whatever runs.
import { basename, dirname, resolve } from 'node:path';
import { readProfile } from '../config/load-profile.ts';
import { type FieldProblem, OssiaError } from '../errors.ts';
import { maskError } from '../plugin-host/mask-error.ts';
import type { Nas } from '../plugin-host/nas.ts';
import { createPluginShelf } from '../plugin-host/plugin-shelf.ts';
import { versionOf } from '../plugin-host/succession.ts';
import { takePlugin } from '../plugin-host/take-plugin.ts';
import { createPluginTrier } from '../plugin-host/try-plugin.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { KitParts } from './parts.ts';

interface RealBoxInput {
  readonly name: string;
  readonly profilesDir: string;
  readonly pluginsDir: string;
  /** A folder to take instead of the one that the profile's plugin has among `pluginsDir`. */
  readonly folder: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parts: KitParts;
  readonly sandbox: Sandbox;
}

export interface RealBox {
  readonly nas: Nas;
  readonly folder: string;
  close(): Promise<void>;
}

/** Reaches for no box. Rejects with an OssiaError that names file and line, secrets masked. */
export async function openRealBox(input: RealBoxInput): Promise<RealBox> {
  const { name, profilesDir, pluginsDir, folder, env, parts, sandbox } = input;
  const { transports, loader, hooks } = parts;
  const reading = await readProfile({ name, dir: profilesDir, transports, env });
  const { profile } = reading;
  if (reading.error) throw named(reading.error);
  if (profile === null) throw new OssiaError('not_found', `There is no profile ${name} in ${profilesDir}.`);
  if (folder !== undefined && basename(resolve(folder)) !== profile.plugin)
    throw new OssiaError(
      'input_invalid',
      `The profile ${name} is for the plugin ${profile.plugin}, not for ${folder}.`,
    );
  try {
    const dir = folder === undefined ? pluginsDir : dirname(resolve(folder));
    const plugin = await takePlugin(createPluginShelf({ dir, loader }), { profile, reading });
    const live = await createPluginTrier({ sandbox, transports, hooks }).build(versionOf(reading, profile, plugin));
    return { nas: live.nas, folder: resolve(dir, profile.plugin), close: () => live.retire() };
  } catch (error) {
    throw named(maskError(reading.mask, error));
  }
}

function named(error: OssiaError): OssiaError {
  const lines = error.fields.map(({ where, problem }: FieldProblem) => `${where}: ${problem}`);
  return lines.length === 0 ? error : new OssiaError(error.code, lines.join('\n'), { fields: error.fields });
}

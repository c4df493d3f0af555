// The plugin that a profile names, in the version that it is held to; what is wrong with it is said at the profile's line first.
import type { ProfileReading } from '../config/load-profile.ts';
import { problemAt } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Plugin, PluginShelf } from './plugin-shelf.ts';

interface Wanted {
  readonly profile: Profile;
  readonly reading: ProfileReading;
}

/** Rejects with `plugin_invalid`. */
export async function takePlugin(shelf: PluginShelf, { profile, reading }: Wanted): Promise<Plugin> {
  const name = profile.plugin;
  const plugin = await shelf.take(name).catch((thrown) => {
    const { code, message, fields } = toOssiaError(thrown);
    const { where, problem } = wrong(reading, `the plugin ${name} does not load`);
    throw new OssiaError(code, `${where}: ${problem}:\n${message}`, { fields: [{ where, problem }, ...fields] });
  });
  if (fits(plugin, profile.pin)) return plugin;
  const { where, problem } = wrong(
    reading,
    `the profile is held to ${name}@${profile.pin}, and its folder has ${name}@${plugin.manifest.version}#${plugin.hash.slice(0, 8)}`,
  );
  throw new OssiaError('plugin_invalid', `${where}: ${problem}`, { fields: [{ where, problem }] });
}

export function fits({ manifest, hash }: Pick<Plugin, 'manifest' | 'hash'>, pin: string | undefined): boolean {
  if (pin === undefined) return true;
  return pin.includes('.') ? pin === manifest.version : hash.startsWith(pin);
}

function wrong(reading: ProfileReading, problem: string) {
  return problemAt({ place: reading.place(['plugin']), path: ['plugin'], code: 'plugin_invalid' }, problem);
}

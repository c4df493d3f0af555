// The plugin that a profile names, in the version that it is held to; what is wrong with it is said at the profile's line first.
import type { ProfileReading } from '../config/load-profile.ts';
import type { Path } from '../config/located.ts';
import { problemAt } from '../config/problems.ts';
import type { Profile, SecondPlugin } from '../config/profile.ts';
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Plugin, PluginShelf } from './plugin-shelf.ts';

interface Wanted {
  readonly profile: Profile;
  readonly reading: ProfileReading;
}

/** What a profile runs beside its plugin. */
export interface SecondPlugins {
  readonly beside?: Plugin;
  /** Or why it does not load, which keeps nothing else from running. */
  readonly shadow?: Plugin | OssiaError;
}

/** Rejects with `plugin_invalid`. */
export function takePlugin(shelf: PluginShelf, { profile, reading }: Wanted): Promise<Plugin> {
  return take(shelf, { name: profile.plugin, pin: profile.pin, at: ['plugin'], reading });
}

/** Rejects with `plugin_invalid` when the one for some of the hooks does not load. */
export async function takeSecondPlugins(shelf: PluginShelf, { profile, reading }: Wanted): Promise<SecondPlugins> {
  const { beside, shadow } = profile;
  const one = (section: 'beside' | 'shadow', { plugin: name, pin }: SecondPlugin) =>
    take(shelf, { name, pin, at: [section, 'plugin'], reading });
  return {
    ...(beside && { beside: await one('beside', beside) }),
    ...(shadow && { shadow: await one('shadow', shadow).catch(toOssiaError) }),
  };
}

interface Taken {
  readonly name: string;
  readonly pin: string | undefined;
  /** Where the profile names it. */
  readonly at: Path;
  readonly reading: ProfileReading;
}

async function take(shelf: PluginShelf, { name, pin, at, reading }: Taken): Promise<Plugin> {
  const wrong = (problem: string) => problemAt({ place: reading.place(at), path: at, code: 'plugin_invalid' }, problem);
  const plugin = await shelf.take(name).catch((thrown) => {
    const { code, message, fields } = toOssiaError(thrown);
    const { where, problem } = wrong(`the plugin ${name} does not load`);
    throw new OssiaError(code, `${where}: ${problem}:\n${message}`, { fields: [{ where, problem }, ...fields] });
  });
  if (fits(plugin, pin)) return plugin;
  const { where, problem } = wrong(
    `the profile is held to ${name}@${pin}, and its folder has ${name}@${plugin.manifest.version}#${plugin.hash.slice(0, 8)}`,
  );
  throw new OssiaError('plugin_invalid', `${where}: ${problem}`, { fields: [{ where, problem }] });
}

export function fits({ manifest, hash }: Pick<Plugin, 'manifest' | 'hash'>, pin: string | undefined): boolean {
  if (pin === undefined) return true;
  return pin.includes('.') ? pin === manifest.version : hash.startsWith(pin);
}

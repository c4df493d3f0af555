// Checks a profile's file, its plugin and its options without running anything: for the command line and for CI.
import { type LoadProfileInput, readProfile } from '../config/load-profile.ts';
import { problemAt, problemsError } from '../config/problems.ts';
import { type FieldProblem, OssiaError } from '../errors.ts';
import { checkedOptions, optionsOf } from './build-nas.ts';
import type { Claims } from './claims.ts';
import type { LiveNas } from './live-nas.ts';
import { maskError } from './mask-error.ts';
import { checkNamedHooks } from './named-hooks.ts';
import type { PluginShelf } from './plugin-shelf.ts';
import { selfTestError, unansweredText } from './self-test.ts';
import { type Version, versionOf } from './succession.ts';
import { takePlugin, takeSecondPlugins } from './take-plugin.ts';
import type { KnownHook } from './with-shadow.ts';

export interface ProfileCheck {
  readonly name: string;
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
  /** Those that it names; none when the file does not read. */
  readonly plugins: readonly string[];
}

interface CheckProfileInput extends LoadProfileInput {
  readonly shelf: PluginShelf;
  /** Shared by all profiles that are checked together. */
  readonly claims: Claims;
  /** The catalogue. */
  readonly hooks: ReadonlyMap<string, KnownHook>;
}

export interface Rehearsal {
  load(version: Version): Promise<LiveNas>;
  /** Null: the box is not asked. */
  readonly selfTestMs: number | null;
}

/** With a rehearsal it is loaded and self-tested too, and let go again. Never rejects. */
export async function checkProfile(
  { shelf, claims, hooks, ...input }: CheckProfileInput,
  rehearsal?: Rehearsal,
): Promise<ProfileCheck> {
  const reading = await readProfile(input);
  const { name } = input;
  const { profile, warnings } = reading;
  const plugins = [profile, profile?.beside, profile?.shadow].flatMap((one) => one?.plugin ?? []);
  const refused = (error: OssiaError): ProfileCheck => {
    const problems = error.fields.length > 0 ? error.fields : [{ where: `${name}.yaml`, problem: error.message }];
    return { name, problems, warnings, plugins };
  };
  if (reading.error) return refused(reading.error);
  if (profile === null) return { name, problems: [], warnings, plugins };
  try {
    const conflict = claims.conflict(profile);
    if (conflict) {
      const at = { place: reading.place(conflict.path), path: conflict.path, code: 'profile_invalid' } as const;
      const problem = `${conflict.value} belongs to the profile ${conflict.owner} already; only one can have it`;
      throw problemsError('profile_invalid', [problemAt(at, problem)]);
    }
    claims.set(name, [profile]);
    checkNamedHooks(reading, hooks);
    const taken = await takePlugin(shelf, { profile, reading });
    const second = await takeSecondPlugins(shelf, { profile, reading });
    checkedOptions(taken, reading, second.beside);
    // While jobs run it is only warned of.
    if (second.shadow instanceof OssiaError) throw second.shadow;
    if (second.shadow) optionsOf(second.shadow, reading.second('shadow'));
    const version = versionOf(reading, profile, taken, second);
    const warning = rehearsal === undefined ? '' : await rehearse(rehearsal, version);
    return { name, problems: [], warnings: warning === '' ? warnings : [...warnings, warning], plugins };
  } catch (error) {
    return refused(maskError(reading.mask, error));
  }
}

/** Returns what is to be noted. */
async function rehearse({ load, selfTestMs }: Rehearsal, version: Version): Promise<string> {
  const next = await load(version);
  try {
    if (selfTestMs === null) return '';
    const tested = await next.selfTest({ deadlineMs: selfTestMs, signal: new AbortController().signal });
    if (tested.type === 'failed') throw selfTestError(tested, version.reading.place(['plugin']));
    return tested.type === 'unanswered' ? unansweredText(tested) : '';
  } finally {
    await next.retire();
  }
}

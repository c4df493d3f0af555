// Checks a profile's file, its plugin and its options without running anything: for the command line and for CI.
import { type LoadProfileInput, readProfile } from '../config/load-profile.ts';
import { problemAt, problemsError } from '../config/problems.ts';
import type { FieldProblem, OssiaError } from '../errors.ts';
import { checkedOptions } from './build-nas.ts';
import type { Claims } from './claims.ts';
import { maskError } from './mask-error.ts';
import type { PluginShelf } from './plugin-shelf.ts';
import { takePlugin } from './take-plugin.ts';

export interface ProfileCheck {
  readonly name: string;
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
}

interface CheckProfileInput extends LoadProfileInput {
  readonly shelf: PluginShelf;
  /** Shared by all profiles that are checked together. */
  readonly claims: Claims;
}

/** Never rejects. */
export async function checkProfile({ shelf, claims, ...input }: CheckProfileInput): Promise<ProfileCheck> {
  const reading = await readProfile(input);
  const { name } = input;
  const { profile, warnings } = reading;
  const refused = (error: OssiaError): ProfileCheck => {
    const problems = error.fields.length > 0 ? error.fields : [{ where: `${name}.yaml`, problem: error.message }];
    return { name, problems, warnings };
  };
  if (reading.error) return refused(reading.error);
  if (profile === null) return { name, problems: [], warnings };
  try {
    const conflict = claims.conflict(profile);
    if (conflict) {
      const at = { place: reading.place(conflict.path), path: conflict.path, code: 'profile_invalid' } as const;
      const problem = `${conflict.value} belongs to the profile ${conflict.owner} already; only one can have it`;
      throw problemsError('profile_invalid', [problemAt(at, problem)]);
    }
    claims.set(name, [profile]);
    checkedOptions(await takePlugin(shelf, { profile, reading }), reading);
    return { name, problems: [], warnings };
  } catch (error) {
    return refused(maskError(reading.mask, error));
  }
}

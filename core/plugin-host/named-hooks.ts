// The hooks that a profile names for a second plugin: each must be one of the catalogue, or nothing would ever go there.
import { hint } from '../config/hint.ts';
import type { ProfileReading } from '../config/load-profile.ts';
import { type Problem, problemAt, problemsError } from '../config/problems.ts';
import type { HookKind } from '../model/hook.ts';

type Kinds = ReadonlyMap<string, { readonly kind: HookKind }>;

/** Throws `profile_invalid` with every wrong name and its place. */
export function checkNamedHooks({ profile, place }: ProfileReading, hooks: Kinds): void {
  const problems = (['beside', 'shadow'] as const).flatMap((section) =>
    (profile?.[section]?.hooks ?? []).flatMap((hook, index): Problem[] => {
      const path = [section, 'hooks', index];
      const problem = wrongWith(hook, { hooks, section });
      return problem === '' ? [] : [problemAt({ place: place(path), path, code: 'profile_invalid' }, problem)];
    }),
  );
  if (problems.length > 0) throw problemsError('profile_invalid', problems);
}

function wrongWith(hook: string, { hooks, section }: { hooks: Kinds; section: 'beside' | 'shadow' }): string {
  const kind = hooks.get(hook)?.kind;
  if (kind === undefined) return `is not a hook of the catalogue${hint(hook, hooks.keys())}`;
  if (kind === 'around') return 'goes around every hook of its own plugin and cannot be sent on';
  return section === 'shadow' && kind === 'read' ? 'only reads, and what only reads is not compared' : '';
}

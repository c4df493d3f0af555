// Plugins: the shapes of what stands of each, and of what came of reading them anew.
import { z } from 'zod';
import type { ProfileCheck } from '../../plugin-host/check-profile.ts';
import type { NasStatus } from '../../plugin-host/nas.ts';
import type { PluginReport } from '../../plugin-host/plugin-control.ts';
import { named } from './registry.ts';

const version = z.object({ version: z.string(), hash: z.string().describe('SHA-256 of its content.') });
const problems = z.array(z.object({ where: z.string(), problem: z.string() }));

export const pluginListSchema = named(
  'PluginList',
  z.object({
    plugins: z.array(
      z.object({
        name: z.string(),
        on_disk: version.nullable().describe('What its folder holds now; null when that does not load.'),
        problem: z.string().describe('Why it does not load.'),
        in_force: z.array(version.extend({ profiles: z.array(z.string()) })),
        pins: z
          .array(z.object({ profile: z.string(), pin: z.string() }))
          .describe('Profiles that are held to a version or a hash.'),
      }),
    ),
  }),
);

export const reloadedSchema = named(
  'Reloaded',
  z.object({
    ok: z.boolean().describe('Nothing was refused.'),
    profiles: z.array(
      z.object({
        nas: z.string(),
        result: z
          .enum(['in force', 'refused'])
          .describe('With `dry_run`: whether it would be. `refused`: what was in force before goes on.'),
        plugin: version.extend({ name: z.string() }).nullable().describe('What is in force.'),
        problems,
        warning: z.string(),
      }),
    ),
  }),
);

export function pluginAnswer({ name, onDisk, problem, inForce, pins }: PluginReport) {
  return { name, on_disk: onDisk, problem, in_force: inForce, pins };
}

export function reloadedAnswer(statuses: readonly NasStatus[]): z.output<typeof reloadedSchema> {
  return answer(
    statuses.map((status) => ({
      ...status,
      problems: status.problems.length === 0 ? textAsProblem(status) : status.problems,
    })),
  );
}

export function rehearsedAnswer(
  checks: readonly ProfileCheck[],
  nasOf: (name: string) => NasStatus['nas'],
): z.output<typeof reloadedSchema> {
  return answer(checks.map((check) => ({ ...check, nas: nasOf(check.name), warning: check.warnings.join('\n') })));
}

type Row = Pick<NasStatus, 'name' | 'nas' | 'problems' | 'warning'>;

function answer(rows: readonly Row[]): z.output<typeof reloadedSchema> {
  const profiles = rows.map(({ name, nas, problems, warning }) => ({
    nas: name,
    result: problems.length === 0 ? ('in force' as const) : ('refused' as const),
    plugin: nas && { name: nas.plugin.name, version: nas.plugin.version, hash: nas.plugin.hash },
    problems: [...problems],
    warning,
  }));
  return { ok: profiles.every(({ result }) => result === 'in force'), profiles };
}

function textAsProblem({ file, problem }: NasStatus): NasStatus['problems'] {
  return problem === '' ? [] : [{ where: file, problem }];
}

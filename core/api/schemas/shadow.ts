// What a plugin that only looks on has seen, as the API shows it.
import { z } from 'zod';
import type { ShadowReport } from '../../plugin-host/shadow-book.ts';
import { shadowResults } from '../../plugin-host/shadow-run.ts';
import { iso } from './job.ts';
import { named, time } from './registry.ts';

export const shadowListSchema = named(
  'ShadowList',
  z.object({
    shadows: z.array(
      z.object({
        nas: z.string(),
        plugin: z.string().describe('Who does the work.'),
        shadow: z.string().describe('Who looks on.'),
        problem: z.string().describe('Why nothing is compared; empty when it is.'),
        since: time.nullable(),
        hooks: z.array(
          z.object({
            hook: z.string(),
            agree: z.int().describe('Runs after which it had nothing left to send.'),
            differ: z.int().describe('Runs after which it would still have sent something, or would not have done it.'),
            unclear: z
              .int()
              .describe(
                'Runs that it could not judge: it sends without looking at the box first, or had no answer in time.',
              ),
            last_at: time,
            ready: z.boolean().describe('All of its runs agree.'),
          }),
        ),
        differences: z
          .array(
            z.object({
              at: time,
              hook: z.string(),
              user_id: z.string(),
              login: z.string(),
              job: z.string(),
              result: z.enum(shadowResults),
              reason: z.string(),
              left: z.array(z.string()).describe('What it would still send.'),
              before: z
                .array(z.string())
                .nullable()
                .describe('What it would have sent before the real run; null when it was not asked.'),
            }),
          )
          .describe('The last ones, the newest first.'),
      }),
    ),
  }),
);

export function shadowAnswer({ nas, since, hooks, differences }: ShadowReport) {
  const program = ({ name, version }: { readonly name: string; readonly version: string }) => `${name}@${version}`;
  const { plugin, problem = '' } = nas.shadow ?? {};
  return {
    nas: nas.name,
    plugin: program(nas.plugin),
    shadow: plugin ? program(plugin) : (nas.profile.shadow?.plugin ?? ''),
    problem,
    since: since === null ? null : iso(since),
    hooks: hooks.map(({ lastAt, ...counts }) => ({
      ...counts,
      last_at: iso(lastAt),
      ready: counts.differ + counts.unclear === 0,
    })),
    differences: differences.map(({ at, userId, jobId, ...rest }) => ({
      ...rest,
      at: iso(at),
      user_id: userId,
      job: jobId,
    })),
  };
}

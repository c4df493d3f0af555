// GET /v1/plugins, POST /v1/plugins/reload and /release: what is in force, having it read anew, and letting it go.
import { z } from 'zod';
import type { Which } from '../../plugin-host/plugin-control.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Reply, type Route } from '../route.ts';
import { reasonText } from '../schemas/job-bulk.ts';
import { dryRunQuery } from '../schemas/look.ts';
import { pluginAnswer, pluginListSchema, rehearsedAnswer, reloadedAnswer, reloadedSchema } from '../schemas/plugin.ts';

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
const nas = word.optional().describe('Name of a profile.');
const plugin = word.optional().describe('All profiles that run it.');
const query = z.strictObject({ dry_run: dryRunQuery });
const isOne = (which: Which) => (which.nas === undefined) !== (which.plugin === undefined);

interface Act {
  readonly action: 'plugin.reload' | 'plugin.release';
  readonly which: Which;
  readonly reason: string | undefined;
  readonly by: string;
}

export function pluginRoutes({
  plugins,
  directory,
  audit,
  log,
}: Pick<ApiDependencies, 'plugins' | 'directory' | 'audit' | 'log'>): Route[] {
  async function act({ action, which, reason, by }: Act): Promise<Reply> {
    const names = await plugins.reload(which, { trust: action === 'plugin.release' });
    const answer = reloadedAnswer(directory.list().filter(({ name }) => names.includes(name)));
    const refused = answer.profiles.filter(({ result }) => result === 'refused').length;
    const detail = { ...which, profiles: names.length, refused, ...(reason === undefined ? {} : { reason }) };
    await audit({ at: Date.now(), by, action, detail });
    log.info({ by, ...detail }, action === 'plugin.release' ? 'plugin let go by hand' : 'plugin reload asked for');
    return json(200, answer);
  }

  async function rehearse(which: Which): Promise<Reply> {
    const checks = await plugins.rehearse(which);
    return json(
      200,
      rehearsedAnswer(checks, (name) => directory.get(name) ?? null),
    );
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/v1/plugins',
      scope: 'read',
      operationId: 'listPlugins',
      summary: 'Every plugin: what its folder holds, which versions are in force, and which profiles run them.',
      answers: { 200: { description: 'By name.', schema: pluginListSchema } },
      handle: async () => json(200, { plugins: (await plugins.list()).map(pluginAnswer) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/plugins/reload',
      scope: 'act',
      operationId: 'reloadPlugins',
      summary: 'Read profiles and their plugins anew.',
      description:
        'Of one profile, of all that run a plugin, or of all. A quarantine is lifted, and a version that was taken back gets another trial. With `dry_run` it is compiled, loaded and self-tested beside what is in force, and nothing changes.',
      query,
      body: z
        .strictObject({ nas, plugin, reason: reasonText.optional() })
        .refine((which) => which.nas === undefined || which.plugin === undefined, {
          error: 'say what, in one way: nas or plugin',
        }),
      answers: {
        200: { description: 'What came of it, profile by profile.', schema: reloadedSchema },
        404: { description: 'No such profile, or no profile runs that plugin.' },
      },
      handle: ({ query: { dry_run }, body: { reason, ...which }, caller: { name: by } }) =>
        dry_run ? rehearse(which) : act({ action: 'plugin.reload', which, reason, by }),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/plugins/release',
      scope: 'act',
      operationId: 'releasePlugin',
      summary: 'Let a plugin run that was put in quarantine or taken back; without a trial.',
      description: 'Its parked jobs run again. What is on disk goes into force if it loads and passes its self-test.',
      query,
      body: z.strictObject({ nas, plugin, reason: reasonText }).refine(isOne, {
        error: 'say what, in one way: nas or plugin',
      }),
      answers: {
        200: { description: 'What came of it, profile by profile.', schema: reloadedSchema },
        404: { description: 'No such profile, or no profile runs that plugin.' },
      },
      handle: ({ query: { dry_run }, body: { reason, ...which }, caller: { name: by } }) =>
        dry_run ? rehearse(which) : act({ action: 'plugin.release', which, reason, by }),
    }),
  ];
}

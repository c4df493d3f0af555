// GET /v1/shadow: hook by hook, where a plugin that only looks on agrees with the one that does the work.
import { z } from 'zod';
import { hint } from '../../config/hint.ts';
import { OssiaError } from '../../errors.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { shadowAnswer, shadowListSchema } from '../schemas/shadow.ts';

export function shadowRoutes({ shadows, directory }: Pick<ApiDependencies, 'shadows' | 'directory'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/shadow',
      scope: 'read',
      operationId: 'listShadows',
      summary: 'Where plugins that only look on would do something else than those in force.',
      description:
        'For profiles with `shadow`: after each hook that was really done, that plugin runs it in dry run, and what it would still send is a difference. Counts begin anew with another version or other options of it.',
      query: z.strictObject({ nas: z.string().optional().describe('Name of a profile.') }),
      answers: {
        200: { description: 'By NAS; empty when no profile has a shadow.', schema: shadowListSchema },
        404: { description: 'No such profile.' },
      },
      async handle({ query: { nas } }) {
        const names = directory.list().map(({ name }) => name);
        if (nas !== undefined && !names.includes(nas))
          throw new OssiaError('not_found', `There is no NAS profile ${nas}${hint(nas, names) || '.'}`);
        const all = await shadows();
        return json(200, { shadows: all.filter((one) => nas === undefined || one.nas.name === nas).map(shadowAnswer) });
      },
    }),
  ];
}

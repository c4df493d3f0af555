// POST /v1/plan: what a hook would send for an account that we know, with some of its variables changed; nothing is kept.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import { variablesOf } from '../../model/state.ts';
import { callOff } from '../call-off.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { planAnswer, planSchema } from '../schemas/look.ts';

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
const body = z.strictObject({
  hook: z.string(),
  of: z
    .strictObject({ user_id: word.optional(), login: word.optional(), ip: word.optional() })
    .optional()
    .describe('The account whose variables are taken; the first name that is given counts.'),
  variables: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({})
    .describe('Beside those of the account, or in their place.'),
});

export function planRoutes({ accounts }: Pick<ApiDependencies, 'accounts'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/plan',
      scope: 'act',
      operationId: 'planHook',
      summary: 'What a hook would send to the box for this account, in the words of the box.',
      description:
        'Reads are made for real, writes are only recorded; no event, job or journal is kept. POST /v1/events?dry_run=true says the same of an event.',
      body,
      answers: {
        200: { description: 'The plan.', schema: planSchema },
        404: { description: 'No such account.' },
        422: { description: 'No such hook, or wrong variables.' },
      },
      async handle({ body, response }) {
        const { hook, of, variables } = body;
        const stored = of === undefined ? undefined : await accounts.find(of);
        const known = stored === undefined ? {} : { ...variablesOf(stored), user_id: stored.userId };
        const planned = await accounts.plan({ hook, account: { ...known, ...variables } }, callOff(response));
        if (planned.type === 'rejected')
          throw new OssiaError('input_invalid', 'There is no plan for this.', {
            fields: planned.fields.map(({ where, problem }) => ({
              where: where.replace(/^\/account(?=\/|$)/, '/variables'),
              problem,
            })),
          });
        return json(200, planAnswer(planned.steps));
      },
    }),
  ];
}

// PUT /v1/accounts/{id}: the whole state of one account; what differs from what is stored becomes hooks.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import { callOff } from '../call-off.ts';
import type { ApiDependencies } from '../deps.ts';
import { type ApiLimits, createRateLimit } from '../limits.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { accountStateSchema, jobsQuery, putAnswer, putAnswerSchema } from '../schemas/account-state.ts';
import { dryRunQuery, planAnswer, planSchema } from '../schemas/look.ts';

type Needs = Pick<ApiDependencies, 'accounts'> & { readonly limits: Pick<ApiLimits, 'eventsPerSecond'> };

const params = z.object({ id: z.string().min(1, 'is empty').max(64, 'is longer than 64 characters') });

export function accountPutRoutes({ accounts, limits }: Needs): Route[] {
  const take = createRateLimit(limits.eventsPerSecond);
  return [
    defineRoute({
      method: 'PUT',
      path: '/v1/accounts/{id}',
      scope: 'events',
      operationId: 'putAccount',
      summary: 'Hand over the whole state of one account, named by its user_id.',
      description:
        'It is compared with what is known. What differs becomes hooks in their right order: a changed key parameter is user_del with the old and user_add with the new values, then all that the new box must know. The same state again does nothing. Answered after it is on disk.',
      params,
      query: z.strictObject({ jobs: jobsQuery, dry_run: dryRunQuery }),
      bodies: { 'application/json': accountStateSchema },
      bodyLimit: 1_048_576,
      answers: {
        200: {
          description: 'So it was already, or it is only stored; with dry_run: what would be done.',
          schema: z.union([putAnswerSchema, planSchema]),
        },
        202: { description: 'It is on disk with its jobs.', schema: putAnswerSchema },
        422: { description: 'Nothing was taken; every wrong field is named.' },
        429: { description: 'Too many at once, or too much is waiting; nothing was taken.' },
        503: { description: 'Stopping, or the disk does not write; send it again.' },
      },
      async handle({ params, query, body, source, caller, response }) {
        if (!take({ caller: `${source} ${caller.name}`, count: 1 }))
          throw new OssiaError('overloaded', `This token may send ${limits.eventsPerSecond} states per second.`);
        const how = { source, jobs: query.jobs === 'derive', dryRun: query.dry_run };
        const receipt = await accounts.put(params.id, body, how);
        if (receipt.type === 'failed') throw receipt.error;
        if (receipt.type === 'rejected')
          throw new OssiaError('input_invalid', 'The state has wrong fields; nothing was taken.', {
            fields: receipt.fields,
          });
        if (how.dryRun)
          return json(200, planAnswer(await accounts.preview(how.jobs ? receipt.hooks : [], callOff(response))));
        return json(receipt.jobs.length > 0 ? 202 : 200, putAnswer(params.id, receipt));
      },
    }),
  ];
}

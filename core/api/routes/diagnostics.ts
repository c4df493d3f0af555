// POST /v1/accounts/{id}/diagnostics/{hook}: asks the box about one account at once, beside its queue.
import { z } from 'zod';
import { callOff } from '../call-off.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { diagnosisAnswer, diagnosisSchema } from '../schemas/look.ts';

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');

export function diagnosticRoutes({ accounts, log }: Pick<ApiDependencies, 'accounts' | 'log'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/accounts/{id}/diagnostics/{hook}',
      scope: 'act',
      operationId: 'diagnoseAccount',
      summary: 'Run a read-only hook (`user_info`, `user_test`, `user_get_mac`) for this account now.',
      description:
        'Beside the queue: also while its lane is held, its NAS is paused or its breaker is open. Within the deadline of the profile; ' +
        'a few at once for each box. What the box or the plugin made of it stands in `result`.',
      params: z.object({ id: word.describe('user_id of the account.'), hook: word }),
      answers: {
        200: { description: 'What came of it.', schema: diagnosisSchema },
        404: { description: 'No such account.' },
        422: { description: 'The hook is no diagnostic.' },
        429: { description: 'Enough others look at this box right now.' },
      },
      async handle({ params, caller, response }) {
        const asked = { userId: params.id, hook: params.hook, signal: callOff(response) };
        const answer = diagnosisAnswer(params.id, await accounts.diagnose(asked));
        const { hook, nas, result } = answer;
        log.info({ by: caller.name, account: params.id, hook, nas, result }, 'the box was asked about an account');
        return json(200, answer);
      },
    }),
  ];
}

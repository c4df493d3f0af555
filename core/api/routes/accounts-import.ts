// POST /v1/accounts/import: the states of very many accounts, one to a line, taken as they come.
import { Readable } from 'node:stream';
import { z } from 'zod';
import { OssiaError, toOssiaError } from '../../errors.ts';
import type { ApiDependencies } from '../deps.ts';
import { linesOf, ndjsonType } from '../ndjson.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { accountLineSchema, importAnswer, importAnswerSchema, jobsQuery } from '../schemas/account-state.ts';
import { dryRunQuery } from '../schemas/look.ts';

/** How long a sender may say nothing while it is listened to. */
const idleMs = 30_000;

export function accountImportRoutes({ accounts, log }: Pick<ApiDependencies, 'accounts' | 'log'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/accounts/import',
      scope: 'events',
      operationId: 'importAccounts',
      summary: 'Hand over the states of many accounts, one to a line.',
      description:
        'Each line is what PUT /v1/accounts/{id} takes, with its user_id. Lines are taken while the rest still comes; wrong ones are named and stop nothing. When it ends early, what was taken stays, and all may be sent again: what is so already is left alone.',
      query: z.strictObject({ jobs: jobsQuery, dry_run: dryRunQuery }),
      bodies: { [ndjsonType]: accountLineSchema },
      streamed: ndjsonType,
      answers: {
        200: { description: 'All lines were read; `rejected` of them were wrong.', schema: importAnswerSchema },
        415: { description: 'The body is not application/x-ndjson.' },
        429: { description: 'Too much is waiting, and there was no room for a minute.' },
        503: { description: 'Stopping, or the disk does not write; send it again.' },
      },
      async handle({ query, body, caller, stopping, response }) {
        if (!(body instanceof Readable))
          throw new OssiaError('input_invalid', 'There is no body; send one state to a line.');
        const gone = new AbortController();
        response.once('close', () => gone.abort(new OssiaError('aborted', 'The sender went away.')));
        const signal = AbortSignal.any([gone.signal, stopping]);
        const how = { by: caller.name, jobs: query.jobs === 'derive', dryRun: query.dry_run, signal };
        try {
          return json(200, importAnswer(await accounts.load(linesOf(body, { idleMs, signal }), how), query.dry_run));
        } catch (thrown) {
          const error = toOssiaError(thrown);
          log.warn({ by: caller.name, code: error.code, reason: error.message }, 'import of accounts broken off');
          // The rest of what is on its way is thrown away, so that the sender can read why.
          response.setHeader('connection', 'close');
          body.resume();
          throw error;
        }
      },
    }),
  ];
}

// Comparing a box with what its accounts should have: beginning a resync, its plan, and answering one that asks.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { ResyncRun } from '../../model/resync.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { dryRunQuery } from '../schemas/look.ts';
import {
  itemAnswer,
  resyncAnswer,
  resyncBody,
  resyncItemsSchema,
  resyncListSchema,
  resyncSchema,
} from '../schemas/resync.ts';

const name = z.object({ name: z.string() });
const id = z.object({ id: z.string().regex(/^[0-9a-f]{1,32}$/, 'expected the id of a resync') });
const limit = (most: number) => z.coerce.number(`expected 1 to ${most}`).int(`expected 1 to ${most}`).min(1).max(most);
/** Shorter than a caller's patience. */
const longestWaitMs = 10_000;

export function nasResyncRoutes({
  resyncs,
  directory,
  log,
}: Pick<ApiDependencies, 'resyncs' | 'directory' | 'log'>): Route[] {
  const found = async (asked: string): Promise<ResyncRun> => {
    const run = await resyncs.get(asked);
    if (run === undefined) throw new OssiaError('not_found', `There is no resync ${asked}.`);
    return run;
  };
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/nas/{name}/resync',
      scope: 'act',
      operationId: 'resyncNas',
      summary: 'Compare a box with what its accounts should have, and put right what differs.',
      description:
        'Answers at once; GET /v1/resyncs/{id}?wait=true answers when the plan is made. One that asks gives way to a new one.',
      params: name,
      query: z.strictObject({ dry_run: dryRunQuery }),
      body: resyncBody,
      answers: {
        202: { description: 'It has begun.', schema: resyncSchema },
        404: { description: 'No such profile.' },
        409: { description: 'The profile is refused, or a resync of this box is under way.' },
      },
      async handle({ params, query, body, caller }) {
        const { only, expect_empty: expectEmpty } = body;
        const asked = { nas: params.name, only, expectEmpty, dryRun: body.dry_run || query.dry_run, by: caller.name };
        const run = await resyncs.start({ ...asked, cause: 'operator' });
        const { dryRun } = run;
        log.info(
          { nas: run.nas, run: run.id, by: caller.name, dry_run: dryRun, expect_empty: expectEmpty },
          'resync asked for',
        );
        return json(202, resyncAnswer(run));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/nas/{name}/resync',
      scope: 'read',
      operationId: 'listNasResyncs',
      summary: 'The resyncs of a box, from new to old.',
      params: name,
      query: z.strictObject({ limit: limit(100).default(20) }),
      answers: {
        200: { description: 'Its resyncs.', schema: resyncListSchema },
        404: { description: 'No such profile.' },
      },
      async handle({ params, query }) {
        if (!directory.list().some((one) => one.name === params.name))
          throw new OssiaError('not_found', 'There is no NAS profile of that name.');
        const runs = await resyncs.list({ nas: params.name, limit: query.limit });
        return json(200, { resyncs: runs.map(resyncAnswer) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/resyncs/{id}',
      scope: 'read',
      operationId: 'getResync',
      summary: 'One resync and how far it has come.',
      params: id,
      query: z.strictObject({
        wait: z
          .enum(['true', 'false'])
          .default('false')
          .describe('Answer when it is no longer planning, or after 10 s.'),
      }),
      answers: { 200: { description: 'The resync.', schema: resyncSchema }, 404: { description: 'No such resync.' } },
      async handle({ params, query }) {
        if (query.wait === 'true')
          await resyncs.planned(params.id, AbortSignal.timeout(longestWaitMs)).catch(() => undefined);
        return json(200, resyncAnswer(await found(params.id)));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/resyncs/{id}/items',
      scope: 'read',
      operationId: 'listResyncItems',
      summary: 'The plan of a resync, account by account, in the order in which it is applied.',
      params: id,
      query: z.strictObject({
        limit: limit(1000).default(100),
        cursor: z.coerce.number().int().min(0).default(0).describe('`next_cursor` of the page before.'),
      }),
      answers: { 200: { description: 'A page.', schema: resyncItemsSchema }, 404: { description: 'No such resync.' } },
      async handle({ params, query }) {
        await found(params.id);
        const items = await resyncs.items(params.id, { after: query.cursor, limit: query.limit + 1 });
        const page = items.slice(0, query.limit);
        const next_cursor = items.length > query.limit ? (page.at(-1)?.seq ?? null) : null;
        return json(200, { items: page.map(itemAnswer), next_cursor });
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/resyncs/{id}/approve',
      scope: 'act',
      operationId: 'approveResync',
      summary: 'Apply the plan of a resync that asks.',
      description:
        'Accounts that were told anew since are put right as they should be now, or left out. With `?dry_run=true` only the resync is answered; its items say what would be done.',
      params: id,
      query: z.strictObject({ dry_run: dryRunQuery }),
      answers: {
        200: { description: 'It goes on.', schema: resyncSchema },
        404: { description: 'No such resync.' },
        409: { description: 'It does not ask, or its plan is older than an hour.' },
      },
      async handle({ params, query, caller }) {
        if (query.dry_run) return json(200, resyncAnswer(await found(params.id)));
        return json(200, resyncAnswer(await resyncs.approve(params.id, caller.name)));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/resyncs/{id}/cancel',
      scope: 'act',
      operationId: 'cancelResync',
      summary: 'End a resync; what it has handed on as jobs stays.',
      params: id,
      query: z.strictObject({ dry_run: dryRunQuery }),
      answers: {
        200: { description: 'It has ended.', schema: resyncSchema },
        404: { description: 'No such resync.' },
        409: { description: 'It has ended already.' },
      },
      async handle({ params, query, caller }) {
        if (query.dry_run) return json(200, resyncAnswer(await found(params.id)));
        return json(200, resyncAnswer(await resyncs.cancel(params.id, caller.name)));
      },
    }),
  ];
}

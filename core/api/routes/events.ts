// POST /v1/events: one event or many, answered once they are on disk.
import { z } from 'zod';
import type { Accounts } from '../../accounts/accounts.ts';
import { type FieldProblem, OssiaError } from '../../errors.ts';
import type { Ingest, Receipt } from '../../ingest/ingest.ts';
import { callOff } from '../call-off.ts';
import { fromCloudEvent, toCloudEventPointer, type Unwrapped } from '../cloudevents.ts';
import { type ApiLimits, createRateLimit } from '../limits.ts';
import { pointed, statusOf } from '../problem.ts';
import { defineRoute, json, type Reply, type Route } from '../route.ts';
import {
  answersSchema,
  cloudEventSchema,
  cloudEventsSchema,
  eventsSchema,
  mostEvents,
  receiptsSchema,
} from '../schemas/event.ts';
import { dryRunQuery, type PlanAnswer, planAnswer, plansSchema } from '../schemas/look.ts';

interface Needs {
  readonly ingest: Ingest;
  readonly accounts: Pick<Accounts, 'plan'>;
  readonly limits: Pick<ApiLimits, 'bodyBytes' | 'eventsPerSecond'>;
}

export function eventRoutes({ ingest, accounts, limits }: Needs): Route[] {
  const take = createRateLimit(limits.eventsPerSecond);
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/events',
      scope: 'events',
      operationId: 'sendEvents',
      summary: 'Hand over one event or up to 10,000.',
      description:
        'Answered after what was taken is on disk. Wrong items are refused one by one, each with every wrong field; they do not touch the others.',
      bodies: {
        'application/json': eventsSchema,
        'application/cloudevents+json': cloudEventSchema,
        'application/cloudevents-batch+json': cloudEventsSchema,
      },
      query: z.strictObject({ dry_run: dryRunQuery }),
      bodyLimit: limits.bodyBytes,
      answers: {
        200: { description: 'With `dry_run`: what would be sent; a list for a list.', schema: plansSchema },
        202: { description: 'All are on disk.', schema: answersSchema },
        207: { description: 'Some were refused; one answer for each, in their order.', schema: receiptsSchema },
        413: { description: 'Larger than the daemon takes at once.' },
        422: { description: 'Nothing was taken; every wrong field is named.' },
        429: { description: 'Too many at once, or too much is waiting; nothing was taken.' },
        503: { description: 'Stopping, or the disk does not write; send it again with the same ids.' },
      },
      async handle({ body, query, mediaType, source, caller, response }) {
        const asCloudEvents = mediaType.startsWith('application/cloudevents');
        const many = Array.isArray(body);
        const items: readonly unknown[] = many ? body : [body];
        checkCount({ items, body, mediaType });
        if (!take({ caller: `${source} ${caller.name}`, count: items.length }))
          throw new OssiaError('overloaded', `This token may send ${limits.eventsPerSecond} events per second.`);
        if (query.dry_run) {
          const signal = callOff(response);
          const unwrapped = items.map((item) => (asCloudEvents ? fromCloudEvent(item) : ({ ok: true, item } as const)));
          return planEvents({ accounts, unwrapped, many, asCloudEvents, signal });
        }
        const receipts = asCloudEvents
          ? await submitCloudEvents({ ingest, items, source })
          : await ingest.submit(items, source);
        return many ? answerMany(receipts) : answerOne(receipts[0]);
      },
    }),
  ];
}

/** Boxes are asked for each of them. */
const mostPlanned = 100;

interface Planning {
  readonly accounts: Pick<Accounts, 'plan'>;
  readonly unwrapped: readonly Unwrapped[];
  readonly many: boolean;
  readonly asCloudEvents: boolean;
  readonly signal: AbortSignal;
}

async function planEvents({ accounts, unwrapped, many, asCloudEvents, signal }: Planning): Promise<Reply> {
  if (unwrapped.length > mostPlanned) {
    const problem = `${unwrapped.length} events are more than ${mostPlanned}, which is the most that is planned at once`;
    throw new OssiaError('input_invalid', 'Nothing was planned.', { fields: [{ where: '', problem }] });
  }
  const fields: FieldProblem[] = [];
  const plans: PlanAnswer[] = [];
  for (const [index, one] of unwrapped.entries()) {
    const plan = one.ok ? await accounts.plan(one.item, signal) : { type: 'rejected' as const, fields: one.fields };
    if (plan.type === 'planned') plans.push(planAnswer(plan.steps));
    else {
      const own = one.ok && asCloudEvents ? plan.fields.map(toCloudEventPointer) : plan.fields;
      fields.push(...own.map(({ where, problem }) => ({ where: many ? `/${index}${where}` : where, problem })));
    }
  }
  if (fields.length > 0) throw new OssiaError('input_invalid', 'There is no plan for a wrong event.', { fields });
  return json(200, many ? plans : plans[0]);
}

function checkCount({ items, body, mediaType }: { items: readonly unknown[]; body: unknown; mediaType: string }): void {
  let problem = '';
  if (body === undefined) problem = 'there is no body; send an event or an array of events';
  else if (items.length === 0) problem = 'the array is empty';
  else if (items.length > mostEvents)
    problem = `${items.length} events are more than ${mostEvents}; send them in parts`;
  else if (mediaType === 'application/cloudevents+json' && Array.isArray(body))
    problem = 'an array goes as application/cloudevents-batch+json';
  else if (mediaType === 'application/cloudevents-batch+json' && !Array.isArray(body)) problem = 'expected an array';
  if (problem !== '') throw new OssiaError('input_invalid', 'Nothing was taken.', { fields: [{ where: '', problem }] });
}

interface Submission {
  readonly ingest: Ingest;
  readonly items: readonly unknown[];
  readonly source: string;
}

async function submitCloudEvents({ ingest, items, source }: Submission): Promise<readonly Receipt[]> {
  const unwrapped = items.map(fromCloudEvent);
  const good = unwrapped.filter((one): one is Extract<Unwrapped, { ok: true }> => one.ok);
  const submitted =
    good.length === 0
      ? []
      : await ingest.submit(
          good.map(({ item }) => item),
          source,
        );
  const receipts = submitted.values();
  return unwrapped.map((one): Receipt => {
    if (!one.ok) return { type: 'rejected', fields: one.fields };
    const receipt = receipts.next().value as Receipt;
    return receipt.type === 'rejected' ? { ...receipt, fields: receipt.fields.map(toCloudEventPointer) } : receipt;
  });
}

function answerOne(receipt: Receipt | undefined): Reply {
  if (receipt?.type === 'accepted') {
    const { event, jobs, duplicate } = receipt;
    return json(202, { event, jobs, duplicate });
  }
  if (receipt?.type === 'failed') throw receipt.error;
  throw new OssiaError('input_invalid', 'The event was not taken.', { fields: receipt?.fields ?? [] });
}

function answerMany(receipts: readonly Receipt[]): Reply {
  const taken = receipts.filter(({ type }) => type === 'accepted').length;
  // Nothing was taken and sending it again may help: that is the answer to all of it.
  const failed = receipts.find(({ type }) => type === 'failed');
  if (taken === 0 && failed?.type === 'failed') throw failed.error;
  if (taken === 0) {
    const fields = receipts.flatMap((receipt, index) =>
      receipt.type === 'rejected'
        ? receipt.fields.map(({ where, problem }) => ({ where: `/${index}${where}`, problem }))
        : [],
    );
    throw new OssiaError('input_invalid', `None of the ${receipts.length} events was taken.`, { fields });
  }
  return json(taken === receipts.length ? 202 : 207, receipts.map(answerOf));
}

function answerOf(receipt: Receipt, index: number): object {
  switch (receipt.type) {
    case 'accepted':
      return { status: 202, event: receipt.event, jobs: receipt.jobs, duplicate: receipt.duplicate };
    case 'rejected':
      return { status: 422, code: 'input_invalid', errors: pointed(receipt.fields, `/${index}`) };
    case 'failed':
      return { status: statusOf(receipt.error), code: receipt.error.code, detail: receipt.error.message };
  }
}

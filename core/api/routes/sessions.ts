// GET /v1/sessions and its kin: lists, counts, one session, one account's history.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import { historyOf, type Subject, subjectKinds } from '../../sessions/analysis-subject.ts';
import type { SessionPage } from '../../sessions/book.ts';
import type { ApiDependencies, SessionDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import {
  sessionAnswer,
  sessionCountSchema,
  sessionFieldsSchema,
  sessionPageSchema,
  sessionSchema,
} from '../schemas/session.ts';
import { conditionsOf, conditionsQuery, locating, sessionStateField } from '../session-query.ts';

interface Needs extends Pick<ApiDependencies, 'store'> {
  readonly sessions: SessionDependencies;
}

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
export const sessionParams = z.object({ id: word });
const limit = z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(100);
const cursor = z.string().max(2_000).optional().describe('`next_cursor` of the page before.');
const state = sessionStateField.default('live');
const moment = z.iso.datetime({ offset: true, error: 'expected ISO 8601 with offset, like 2026-11-21T20:00:00+02:00' });

export const byField = z
  .enum(subjectKinds, { error: `expected ${subjectKinds.join(', ')}` })
  .default('account')
  .describe('What {id} is: the user_id of an account, a login, an address or a MAC.');

const day = 86_400_000;
export const longestWindow = 32 * day;

const conditionsText =
  'Any field of GET /v1/sessions/fields is a parameter: `login=alice`, `framed_ip=10.0.0.0/8`, `nas.in=a,b`, `started_at.gt=...`; all must hold. A field or operator that there is not is refused.';

const historyQuery = z.strictObject({
  by: byField,
  from: moment.optional().describe('7 days before `to` when it is not sent.'),
  to: moment.optional().describe('Excluded; now when it is not sent.'),
  limit,
  cursor,
});

export function sessionRoutes({ sessions: { book }, store }: Needs): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/sessions',
      scope: 'read',
      operationId: 'listSessions',
      summary: 'Sessions that match, oldest start first.',
      description: conditionsText,
      query: conditionsQuery({ state, limit, cursor }),
      answers: { 200: { description: 'A page of sessions.', schema: sessionPageSchema } },
      async handle({ query: { state, limit, cursor, ...given } }) {
        const conditions = conditionsOf(given, book.fields());
        const more = cursor === undefined ? {} : { cursor };
        return answerPage(await locating({ given }, () => book.find({ conditions, state, limit, ...more })));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sessions/count',
      scope: 'read',
      operationId: 'countSessions',
      summary: 'How many sessions match.',
      description: conditionsText,
      query: conditionsQuery({ state }),
      answers: { 200: { description: 'The number.', schema: sessionCountSchema } },
      async handle({ query: { state, ...given } }) {
        const conditions = conditionsOf(given, book.fields());
        return json(200, { count: await locating({ given }, () => book.count({ conditions, state })) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sessions/fields',
      scope: 'read',
      operationId: 'listSessionFields',
      summary: 'What sessions can be asked for, and how.',
      answers: { 200: { description: 'The fields.', schema: sessionFieldsSchema } },
      async handle() {
        return json(200, { fields: book.fields() });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/sessions/{id}',
      scope: 'read',
      operationId: 'getSession',
      summary: 'One session, live or closed.',
      params: sessionParams,
      answers: {
        200: { description: 'The session.', schema: sessionSchema },
        404: { description: 'No such session.' },
      },
      async handle({ params }) {
        const session = await book.get(params.id);
        if (session === undefined) throw noSuchSession(params.id);
        return json(200, sessionAnswer(session));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/accounts/{id}/sessions',
      scope: 'read',
      operationId: 'listAccountSessions',
      summary: "One subscriber's sessions that overlap a window of at most 32 days, newest start first.",
      description:
        'A longer stretch is asked for in parts, each with the `from` and `to` of its own. Of an account, those that carry its id come first, then those of its login that carry none.',
      params: sessionParams,
      query: historyQuery,
      answers: { 200: { description: 'A page of sessions.', schema: sessionPageSchema } },
      async handle({ params, query: { by, limit, cursor, ...window } }) {
        const { from, to } = windowOf(window);
        const subject: Subject = { by, value: params.id };
        const more = cursor === undefined ? {} : { cursor };
        const page = () => historyOf({ book, store }, { subject, from, to, limit, ...more });
        return answerPage(await locating({ given: params }, page));
      },
    }),
  ];
}

function windowOf(asked: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const to = asked.to === undefined ? Date.now() : Date.parse(asked.to);
  const begin = asked.from === undefined ? to - 7 * day : Date.parse(asked.from);
  const problem =
    begin >= to
      ? 'from is not before to'
      : to - begin > longestWindow
        ? `the window is ${((to - begin) / day).toFixed(1)} days, at most 32 are answered at once; ask in parts`
        : '';
  if (problem !== '')
    throw new OssiaError('input_invalid', 'The window is wrong.', { fields: [{ where: '?from', problem }] });
  return { from: begin, to };
}

function answerPage({ sessions, nextCursor }: SessionPage) {
  return json(200, { sessions: sessions.map(sessionAnswer), next_cursor: nextCursor });
}

export function noSuchSession(id: string): OssiaError {
  return new OssiaError('not_found', `There is no session ${id}.`);
}

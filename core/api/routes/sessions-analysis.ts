// GET /v1/accounts/{id}/sessions/analysis: what a support agent needs to know of one subscriber.
import { z } from 'zod';
import { analyse, weekStart } from '../../sessions/analysis.ts';
import { isTimeZone } from '../../sessions/analysis-days.ts';
import { lastBefore, type Subject, sessionsOf } from '../../sessions/analysis-subject.ts';
import type { ApiDependencies, SessionDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { analysisAnswer, analysisSchema } from '../schemas/session-analysis.ts';
import { locating } from '../session-query.ts';
import { byField, sessionParams } from './sessions.ts';

const query = z.strictObject({
  by: byField,
  timezone: z
    .string()
    .refine(isTimeZone, { error: 'expected an IANA time zone, like Europe/Kyiv' })
    .optional()
    .describe('IANA name; the one of the settings when it is not sent.'),
});

interface Needs extends Pick<ApiDependencies, 'store'> {
  readonly sessions: SessionDependencies;
}

export function sessionAnalysisRoutes({ sessions: served, store }: Needs): Route[] {
  const { book, ttlOf, timezone: ownTimezone } = served;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/accounts/{id}/sessions/analysis',
      scope: 'read',
      operationId: 'analyseAccountSessions',
      summary:
        'Online, offline or unknown, since when and where; why it dropped last; how often today and in seven days.',
      params: sessionParams,
      query,
      answers: { 200: { description: 'The analysis.', schema: analysisSchema } },
      async handle({ params, query }) {
        const { by, timezone = ownTimezone } = query;
        const subject: Subject = { by, value: params.id };
        const now = Date.now();
        // What began this very moment is in the window too.
        const from = weekStart({ now, timezone });
        const found = await locating({ given: params }, () =>
          sessionsOf({ book, store }, { subject, from, to: now + 1 }),
        );
        const sessions = found.length > 0 ? found : await lastBefore({ book, store }, subject, from);
        const analysis = analyse({ sessions, now, timezone, ttlOf });
        return json(200, analysisAnswer({ subject, timezone, now, analysis }));
      },
    }),
  ];
}

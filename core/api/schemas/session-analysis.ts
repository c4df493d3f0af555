// The support desk's view of one subscriber: the shape of the answer, and how an analysis becomes it.
import { z } from 'zod';
import type { Analysis, Period } from '../../sessions/analysis.ts';
import { isoIn } from '../../sessions/analysis-days.ts';
import type { Subject } from '../../sessions/analysis-subject.ts';
import { subjectKinds } from '../../sessions/analysis-subject.ts';
import { causeOf, knownCauses, sides } from '../../sessions/causes.ts';
import { named, time } from './registry.ts';

const period = z.object({
  from: time,
  to: time,
  sessions: z.int().describe('That were there at some moment of it.'),
  concurrent: z.int().describe('Most at one moment.'),
  reconnects: z.int().describe('Starts that followed the end of another session.'),
  online_seconds: z.int().describe('With at least one session, clipped to the period.'),
  causes: z.array(z.object({ cause: z.string(), count: z.int(), side: z.enum(sides) })),
});

const analysis = z.object({
  by: z.enum(subjectKinds),
  value: z.string(),
  timezone: z.string().describe('Where days begin and whose offset the times have.'),
  now: time,
  state: z
    .enum(['online', 'offline', 'unknown'])
    .describe(
      'unknown: its box has not told of it for too long, and nobody saw it end; given up less than a day ago, or not yet.',
    ),
  since: time.nullable(),
  live: z.array(
    z.object({
      id: z.string(),
      login: z.string(),
      framed_ip: z.string(),
      mac: z.string(),
      nas: z.string(),
      nas_ip: z.string(),
      port: z.string(),
      started_at: time,
      updated_at: time,
      update_age_seconds: z.int(),
      stale: z.boolean(),
    }),
  ),
  last_end: z
    .object({
      id: z.string(),
      at: time,
      nas: z.string(),
      framed_ip: z.string(),
      cause: z.string(),
      sentence: z.string(),
      side: z.enum(sides).describe('Whose fault it most likely is.'),
    })
    .nullable(),
  today: period,
  week: period.describe('Seven days of the time zone, today among them.'),
  line: z.object({ unstable: z.boolean(), lost_carrier_today: z.int() }),
});

export const analysisSchema = named('SessionAnalysis', analysis);
export type AnalysisAnswer = z.output<typeof analysis>;

interface Analysed {
  readonly subject: Subject;
  readonly timezone: string;
  readonly now: number;
  readonly analysis: Analysis;
}

const sideOf = new Map(knownCauses.map(({ name, side }) => [name, side]));

export function analysisAnswer({ subject, timezone, now, analysis }: Analysed): AnalysisAnswer {
  const at = (ms: number): string => isoIn(ms, timezone);
  const { state, since, live, lastEnd, line } = analysis;
  return {
    ...subject,
    timezone,
    now: at(now),
    state,
    since: since === null ? null : at(since),
    live: live.map(({ session, stale, age }) => ({
      id: session.id,
      login: session.userName,
      framed_ip: session.framedIp,
      mac: session.callingStationId,
      nas: session.nas,
      nas_ip: session.nasIp,
      port: session.port,
      started_at: at(session.startedAt),
      updated_at: at(session.updatedAt),
      update_age_seconds: Math.floor(age / 1_000),
      stale,
    })),
    last_end: lastEnd && {
      id: lastEnd.session.id,
      at: at(lastEnd.at),
      nas: lastEnd.session.nas,
      framed_ip: lastEnd.session.framedIp,
      cause: causeOf(lastEnd.session).name,
      sentence: lastEnd.cause.sentence,
      side: lastEnd.cause.side,
    },
    today: periodAnswer(analysis.today, at),
    week: periodAnswer(analysis.week, at),
    line: { unstable: line.unstable, lost_carrier_today: line.lostCarrierToday },
  };
}

function periodAnswer(
  { from, to, sessions, concurrent, reconnects, online, causes }: Period,
  at: (ms: number) => string,
) {
  return {
    from: at(from),
    to: at(to),
    sessions,
    concurrent,
    reconnects,
    online_seconds: Math.floor(online / 1_000),
    causes: [...causes].map(([cause, count]) => ({ cause, count, side: sideOf.get(cause) ?? ('unknown' as const) })),
  };
}

// What came of looking at a box beside the queue, diagnostics and plans: the shapes of the answers.
import { z } from 'zod';
import type { Diagnosis, PreviewStep } from '../../accounts/accounts.ts';
import { readable } from '../../accounts/readable.ts';
import { type Exchange, isUnanswered, type Outcome } from '../../model/outcome.ts';
import { accountAnswer, iso } from './job.ts';
import { named, time } from './registry.ts';

export const dryRunQuery = z
  .stringbool({ truthy: ['true'], falsy: ['false'], error: 'expected true or false' })
  .default(false)
  .describe('true: nothing is kept or changed; the answer says what would be sent, in the words of the box.');

const exchange = z.object({
  at: time,
  kind: z.enum(['sent', 'received', 'log', 'recorded']).describe('recorded: what would be sent, and was not.'),
  via: z.string(),
  text: z.string(),
});

export const diagnosisResults = [
  'answered',
  'nothing',
  'unsupported',
  'unreachable',
  'refused',
  'failed',
  'no_profile',
] as const;

export const diagnosisSchema = named(
  'Diagnosis',
  z.object({
    user_id: z.string(),
    hook: z.string(),
    nas: z.string().nullable().describe('Name of the profile; null when none matches.'),
    result: z
      .enum(diagnosisResults)
      .describe(
        'answered; nothing: the box has nothing of this account; unsupported: the plugin cannot ask; unreachable: the box did not answer; ' +
          'refused: the box said no; failed: the plugin did; no_profile: no box is known.',
      ),
    reason: z.string().describe('Why it is not answered: the own words of the box where it said something.'),
    report: z.unknown().describe('As the plugin returned it; null when there is none.'),
    text: z.string().describe('The report for people.'),
    exchanges: z.array(exchange),
    ms: z.int(),
  }),
);

export function diagnosisAnswer(userId: string, given: Diagnosis): z.output<typeof diagnosisSchema> {
  const { hook, nas, outcome, report, exchanges, ms } = given;
  return {
    user_id: userId,
    hook,
    nas,
    result: nas === null ? 'no_profile' : resultOf(outcome),
    reason: reasonOf(outcome),
    report,
    text: report === null ? '' : readable(report),
    exchanges: exchanges.map(exchangeAnswer),
    ms,
  };
}

function resultOf(outcome: Outcome): (typeof diagnosisResults)[number] {
  if (outcome.type === 'done') return 'answered';
  if (outcome.type === 'gone') return 'nothing';
  if (outcome.type === 'unsupported') return 'unsupported';
  if (isUnanswered(outcome)) return 'unreachable';
  return outcome.code === 'nas_refused' ? 'refused' : 'failed';
}

const planStep = z.object({
  hook: z.string(),
  account: z.record(z.string(), z.string()).describe('The variables that it would run with; passwords are masked.'),
  nas: z.string().nullable().describe('Name of the profile; null when none matches: it would be parked.'),
  outcome: z
    .enum(['done', 'gone', 'retry', 'refused', 'unsupported', 'no_profile'])
    .describe('How the run would end, as far as this can be known; gone: there is nothing to do.'),
  reason: z.string(),
  exchanges: z.array(exchange).describe('In their order: what was read from the box, and what would be sent to it.'),
  unknown: z.array(z.string()).describe('What cannot be known without doing it, in words.'),
  supersedes: z.array(z.string()).describe('Waiting jobs that would not run any more.'),
});

const plan = z.object({
  dry_run: z.literal(true),
  steps: z.array(planStep).describe('In the order in which they would run. Empty: nothing would be done.'),
  note: z.string().describe('What to keep in mind; empty when there is nothing.'),
});

export const planSchema = named('Plan', plan);

export const sessionsPlanSchema = named(
  'SessionsPlan',
  plan.extend({ sessions: z.int().describe('How many live sessions it would be done to.') }),
);
export type SessionsPlan = z.output<typeof sessionsPlanSchema>;
export const plansSchema = named('Plans', z.union([planSchema, z.array(planSchema)]));
export type PlanAnswer = z.output<typeof planSchema>;

const each =
  'Each step is planned by itself, with the box as it is now: what an earlier step would change there is not seen by a later one.';

export function planAnswer(steps: readonly PreviewStep[]): PlanAnswer {
  return { dry_run: true, steps: steps.map(stepAnswer), note: steps.length > 1 ? each : '' };
}

function stepAnswer(step: PreviewStep): z.output<typeof planStep> {
  const { hook, account, nas, outcome, exchanges, unknown, supersedes } = step;
  return {
    hook,
    account: accountAnswer(account),
    nas,
    outcome: nas === null ? 'no_profile' : outcome.type,
    reason: reasonOf(outcome),
    exchanges: exchanges.map(exchangeAnswer),
    unknown: [...unknown],
    supersedes: [...supersedes],
  };
}

function exchangeAnswer({ at, kind, via, text }: Exchange): z.output<typeof exchange> {
  return { at: iso(at), kind, via, text };
}

function reasonOf(outcome: Outcome): string {
  return 'reason' in outcome ? outcome.reason : '';
}

// Jobs and their journal: the shapes of the answers, and how the daemon's own objects become them.
import { z } from 'zod';
import { type Account, nasRefOf } from '../../model/account.ts';
import { type Job, jobStates } from '../../model/job.ts';
import type { NasDirectory } from '../../plugin-host/nas.ts';
import type { JournalEntry } from '../../store/store.ts';
import { named, time } from './registry.ts';

const job = z.object({
  id: z.string(),
  event: z.string(),
  hook: z.string(),
  user_id: z.string(),
  login: z.string(),
  nas: z.string().nullable().describe('Name of the profile that matches now; null when none does.'),
  nas_key: z.string().describe('The address of the box, or `id:` and the id that the billing has for it.'),
  state: z.enum(jobStates),
  attempt: z.int().describe('How many runs have begun.'),
  not_before: time.nullable().describe('When it is to be tried again.'),
  reason: z.string().describe('Why it is in this state; the own words of the box where it said something.'),
  code: z.string().nullable(),
  created_at: time,
  updated_at: time,
});

export const jobSchema = named('Job', job);

export const jobPageSchema = named(
  'JobPage',
  z.object({
    jobs: z.array(jobSchema).describe('From new to old.'),
    next_cursor: z.string().nullable().describe('Send it as `cursor` for the rest; null at the end.'),
  }),
);

const journalEntry = named(
  'JournalEntry',
  z.object({
    at: time,
    attempt: z.int(),
    nas: z.string(),
    kind: z.enum(['sent', 'received', 'log', 'recorded', 'outcome', 'note']),
    via: z.string(),
    text: z.string(),
  }),
);

export const jobDetailSchema = named(
  'JobDetail',
  job.extend({
    account: z.record(z.string(), z.string()).describe('The variables that it runs with; passwords are masked.'),
    waits_for: jobSchema
      .nullable()
      .describe('The job at the head of its lane, which runs before it; null when none does.'),
    journal: z.array(journalEntry).describe('From old to new.'),
  }),
);

export type JobAnswer = z.output<typeof jobSchema>;

export function jobAnswer(job: Job, directory: Pick<NasDirectory, 'find'>): JobAnswer {
  return {
    id: job.id,
    event: job.eventId,
    hook: job.hook,
    user_id: job.account['user_id'] ?? '',
    login: job.account['login'] ?? '',
    nas: directory.find(nasRefOf(job.account))?.name ?? null,
    nas_key: job.nasKey,
    state: job.state,
    attempt: job.attempt,
    not_before: job.notBefore === 0 ? null : iso(job.notBefore),
    reason: job.reason,
    code: job.code === '' ? null : job.code,
    created_at: iso(job.createdAt),
    updated_at: iso(job.updatedAt),
  };
}

export function journalAnswer({ at, attempt, nas, kind, via, text }: JournalEntry): z.output<typeof journalEntry> {
  return { at: iso(at), attempt, nas, kind, via, text };
}

export function accountAnswer(account: Account): Account {
  return account['psw'] ? { ...account, psw: '***' } : account;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

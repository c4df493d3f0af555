// From changes to statements with values: pure, so that the writer's thread only runs them.
import type { Job } from '../../model/job.ts';
import type { Change } from '../store.ts';
import { encodeSession } from './session-rows.ts';
import type { Step } from './statements.ts';

export function encode(change: Change): readonly Step[] {
  return change.type === 'session' ? encodeSession(change.session) : [encodeOne(change)];
}

function encodeOne(change: Exclude<Change, { type: 'session' }>): Step {
  switch (change.type) {
    case 'event':
      return encodeEvent(change);
    case 'job': {
      const { state, attempt, failures, notBefore, reason, code, updatedAt } = change.patch;
      const values = [
        state ?? null,
        attempt ?? null,
        failures ?? null,
        notBefore ?? null,
        reason ?? null,
        code ?? null,
      ];
      return { run: 'updateJob', values: [...values, updatedAt, Number(change.id)] };
    }
    case 'journal':
      return { run: 'insertJournal', values: [Number(change.jobId), JSON.stringify(change.entries)] };
  }
}

/** Accounting repeats what it read a moment ago, an operator speaks of one session: neither is the billing's newest word on the account. */
const passers: ReadonlySet<string> = new Set(['accounting', 'operator']);

function encodeEvent({ event, jobs }: Extract<Change, { type: 'event' }>): Step {
  const variables = JSON.stringify(event.account);
  const now = jobs[0]?.createdAt ?? Date.now();
  const steps: Step[] = jobs.map((job) => insertJob(job, job.account === event.account));
  if (event.note !== undefined) {
    const { nas, text } = event.note;
    const entries = JSON.stringify([{ at: now, attempt: 0, nas, kind: 'note', via: event.source, text }]);
    for (const { id } of jobs) steps.push({ run: 'insertJournal', values: [Number(id), entries] });
  }
  const { user_id, login, nas_ip, ip } = event.account;
  if (user_id && !passers.has(event.source))
    steps.push({ run: 'upsertAccount', values: [user_id, login ?? '', nas_ip ?? '', ip ?? '', variables, now] });
  return {
    unless: event.id,
    run: 'insertEvent',
    values: [event.id, event.hook, variables, event.occurredAt, event.source, now],
    steps,
  };
}

function insertJob(job: Job, sameAccount: boolean): Step {
  const { lane, nasKey, hook, account, state, attempt, failures, notBefore, reason, code, createdAt, updatedAt } = job;
  return {
    run: 'insertJob',
    values: [
      Number(job.id),
      job.eventId,
      lane,
      nasKey,
      hook,
      account['user_id'] ?? '',
      account['login'] ?? '',
      sameAccount ? null : JSON.stringify(account),
      state,
      attempt,
      failures,
      notBefore,
      reason,
      code,
      createdAt,
      updatedAt,
    ],
  };
}

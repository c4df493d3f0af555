// From changes to statements with values: pure, so that the writer's thread only runs them.
import type { Job } from '../../model/job.ts';
import type { AccountWrite, Change } from '../store.ts';
import { encodeAccount, marksText } from './account-rows.ts';
import { encodeKv } from './kv-rows.ts';
import { encodeItem, encodeRun } from './resync-rows.ts';
import { encodeSession } from './session-rows.ts';
import type { Step } from './statements.ts';

export function encode(change: Change): readonly Step[] {
  switch (change.type) {
    case 'event':
      return [encodeEvent(change)];
    case 'account':
      return encodeAccount(change.account);
    case 'applied': {
      const run = change.all === undefined ? 'mergeApplied' : 'replaceApplied';
      return [{ run, values: [change.userId, change.nasKey, marksText(change.marks)] }];
    }
    case 'job':
      return encodeJob(change);
    case 'journal':
      return [{ run: 'insertJournal', values: [Number(change.jobId), JSON.stringify(change.entries)] }];
    case 'session':
      return encodeSession(change.session);
    case 'resync-run':
      return [encodeRun(change.run)];
    case 'resync-items':
      return change.items.map((item) => encodeItem(change.run, item));
    case 'pause': {
      const { scope, by, reason, since } = change.pause;
      return [{ run: 'upsertPause', values: [scope, by, reason, since] }];
    }
    case 'resume':
      return [{ run: 'deletePause', values: [change.scope] }];
    case 'audit': {
      const { at, by, action, detail } = change.entry;
      return [{ run: 'insertAudit', values: [at, by, action, JSON.stringify(detail)] }];
    }
    case 'kv-set':
    case 'kv-delete':
    case 'kv-keep':
      return encodeKv(change);
  }
}

function encodeJob({ id, patch }: Extract<Change, { type: 'job' }>): Step[] {
  const { account, state, attempt, failures, notBefore, reason, code, updatedAt } = patch;
  const values = [state ?? null, attempt ?? null, failures ?? null, notBefore ?? null, reason ?? null, code ?? null];
  const update: Step = { run: 'updateJob', values: [...values, updatedAt, Number(id)] };
  if (account === undefined) return [update];
  return [update, { run: 'editJob', values: [JSON.stringify(account), account['login'] ?? '', Number(id)] }];
}

function encodeEvent({ event, jobs, account }: Extract<Change, { type: 'event' }>): Step {
  const variables = JSON.stringify(event.account);
  const now = jobs[0]?.createdAt ?? Date.now();
  const inserts = jobs.map((job) => insertJob(job, job.account === event.account));
  if (event.note !== undefined) {
    const { nas, text } = event.note;
    const entries = JSON.stringify([{ at: now, attempt: 0, nas, kind: 'note', via: event.source, text }]);
    for (const { id } of jobs) inserts.push({ run: 'insertJournal', values: [Number(id), entries] });
  }
  return {
    run: 'insertEvent',
    values: [event.id, event.hook, variables, event.occurredAt, event.source, now, jobs.length === 0 ? 1 : 0],
    next: account === undefined ? inserts : withAccount({ account, inserts, eventId: event.id }),
    otherwise: { tell: { duplicate: event.id } },
  };
}

interface WithAccount {
  readonly account: AccountWrite;
  readonly inserts: readonly Step[];
  readonly eventId: string;
}

/** An event whose account is of another version than it was made for was never there. */
function withAccount({ account, inserts, eventId }: WithAccount): Step[] {
  const undo: Step = { run: 'deleteEvent', values: [eventId] };
  return encodeAccount(account, inserts).map((step) =>
    step.otherwise?.tell === undefined ? step : { ...step, otherwise: { ...step.otherwise, steps: [undo] } },
  );
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
      job.background ? 1 : 0,
    ],
  };
}

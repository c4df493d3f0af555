// A job as the store keeps it, for tests of the store.
import type { Job } from '#core/model/job.ts';
import { accountAt } from '#test/support/scripted-nas.ts';

export function storedJob(id: number, more: Partial<Job> = {}): Job {
  return {
    id: String(id),
    eventId: `e${id}`,
    lane: '1@10.0.0.1',
    nasKey: '10.0.0.1',
    hook: 'user_drop',
    account: accountAt(1, '10.0.0.1'),
    state: 'waiting',
    attempt: 0,
    failures: 0,
    notBefore: 0,
    background: false,
    reason: '',
    code: '',
    createdAt: 1,
    updatedAt: 1,
    ...more,
  };
}

// From an event to the jobs that it asks for: pure.
import { laneOf, nasKeyOf, nasRefOf } from '../model/account.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { JobDraft } from '../queue/queue.ts';

/** The billing fires hooks itself: one event, one job, with the values that the event carries. */
export function jobsOf(event: OssiaEvent): JobDraft[] {
  const { hook, account } = event;
  return [{ hook, account, lane: laneOf(account), nasKey: nasKeyOf(nasRefOf(account)) }];
}

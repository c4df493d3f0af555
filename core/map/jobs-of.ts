// From a hook with its variables to the job that it is: pure.
import { laneOf, nasKeyOf, nasRefOf } from '../model/account.ts';
import type { JobDraft } from '../queue/queue.ts';
import type { HookCall } from './new-box.ts';

/** One hook, one job, in the lane of the account and the box that its own variables name. */
export function jobsOf({ hook, account }: HookCall): JobDraft[] {
  return [{ hook, account, lane: laneOf(account), nasKey: nasKeyOf(nasRefOf(account)) }];
}

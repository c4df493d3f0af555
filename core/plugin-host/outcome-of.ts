// From what a guest answered to how the job's run ended.
import type { Mask } from '../model/mask.ts';
import type { Outcome } from '../model/outcome.ts';
import type { GuestResult } from '../sandbox/sandbox.ts';

interface OutcomeInput {
  readonly result: GuestResult;
  readonly mask: Mask;
  /** Put before the reason when it was not the hook itself that said it. */
  readonly where: string;
}

const longestReason = 4000;

export function outcomeOf({ result, mask, where }: OutcomeInput): Outcome {
  const words = (text: string) => {
    const whole = mask(where + text);
    return whole.length > longestReason ? `${whole.slice(0, longestReason)}...` : whole;
  };
  if (result.type === 'returned') return { type: 'done' };
  if (result.type === 'verdict') {
    const reason = words(result.reason);
    if (result.verdict === 'gone' || result.verdict === 'unsupported') return { type: result.verdict, reason };
    if (result.verdict === 'refuse') return { type: 'refused', reason, code: 'nas_refused' };
    if (result.verdict === 'unreachable') return { type: 'retry', reason, code: 'nas_unreachable' };
    const after = result.afterMs === undefined ? {} : { afterMs: result.afterMs };
    return { type: 'retry', reason, code: 'nas_busy', ...after };
  }
  const { code, message, said, retryable } = result.error;
  const reason = words(said === undefined || message.includes(said) ? message : `${message} The box said: ${said}`);
  return retryable ? { type: 'retry', reason, code } : { type: 'refused', reason, code };
}

// What is said of a self-test that did not pass.
import type { Place } from '../config/located.ts';
import { OssiaError } from '../errors.ts';
import type { SelfTestAnswer } from './live-nas.ts';

export function selfTestError(
  { reason, stack }: Extract<SelfTestAnswer, { type: 'failed' }>,
  { file, line }: Place,
): OssiaError {
  const where = `${file}:${line} plugin`;
  const problem = `the self-test failed: ${reason}`;
  const text = `${where}: ${problem}${stack ? `\n${stack}` : ''}`;
  return new OssiaError('self_test_failed', text, { fields: [{ where, problem }] });
}

export function unansweredText({ reason }: Extract<SelfTestAnswer, { type: 'unanswered' }>): string {
  return `The self-test had no answer: ${reason}`;
}

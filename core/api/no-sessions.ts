// What the session routes answer from when accounting is switched off: that it is.
import { OssiaError } from '../errors.ts';
import { systemTimeZone } from '../sessions/analysis-days.ts';
import type { SessionDependencies } from './deps.ts';

const refuse = async (): Promise<never> => {
  throw new OssiaError('conflict', 'Accounting is switched off (accounting.enabled), so there are no sessions.');
};

export const noSessions: SessionDependencies = {
  book: { get: refuse, find: refuse, count: refuse, history: refuse, fields: () => [] },
  actions: { disconnect: refuse, alter: refuse },
  ttlOf: () => Number.POSITIVE_INFINITY,
  timezone: systemTimeZone(),
};

// What the session routes answer from when accounting is switched off: that it is.
import { OssiaError } from '../errors.ts';
import { systemTimeZone } from '../sessions/analysis-days.ts';
import type { SessionDependencies } from './deps.ts';

const refuseNow = (): never => {
  throw new OssiaError('conflict', 'Accounting is switched off (accounting.enabled), so there are no sessions.');
};
const refuse = async (): Promise<never> => refuseNow();

export const noSessions: SessionDependencies = {
  book: { get: refuse, find: refuse, count: refuse, history: refuse, fields: () => [], onChange: refuseNow },
  actions: { disconnect: refuse, alter: refuse, draftOf: refuse },
  ttlOf: () => Number.POSITIVE_INFINITY,
  timezone: systemTimeZone(),
};

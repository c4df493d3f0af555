// The filters of job lists, of many jobs at once and of the stream: how they are written, and what they mean.
import { z } from 'zod';
import { isCode, OssiaError } from '../errors.ts';
import { nasKeyOf, nasRefOf } from '../model/account.ts';
import { nearest } from '../model/did-you-mean.ts';
import { parseDuration } from '../model/duration.ts';
import { type Job, jobStates } from '../model/job.ts';
import { networkKeys } from '../model/network.ts';
import type { NasDirectory } from '../plugin-host/nas.ts';
import type { JobFilter } from '../store/store.ts';

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');

const states = z.preprocess(
  (value) => (value === undefined ? undefined : [value].flat().flatMap((text) => String(text).split(','))),
  z.array(z.enum(jobStates, { error: `expected ${jobStates.join(', ')}` })).optional(),
);

export const jobFilterShape = {
  state: states.describe('One or more states, with commas.'),
  nas: word.optional().describe('Name of a profile, or the address of a box.'),
  hook: word.optional(),
  user_id: word.optional(),
  login: word.optional(),
  event: word.optional().describe('Id of the event that it came from.'),
};

/** What a stored job can be asked for besides. */
export const jobSearchShape = {
  ...jobFilterShape,
  error: word
    .refine(isCode, 'is no code of an error; jobs show theirs as `code`')
    .optional()
    .describe('Code of the error that it ended or waits with.'),
  older_than: word
    .refine((text) => parseDuration(text) !== undefined, 'expected a duration like "2h", "30m" or "7d"')
    .optional()
    .describe('Nothing about it has changed for so long.'),
};

const shape = z.strictObject(jobFilterShape);
const search = z.strictObject(jobSearchShape);
export type JobQuery = z.output<typeof shape>;
export type JobSearch = z.output<typeof search>;

interface Reading {
  readonly directory: Pick<NasDirectory, 'get' | 'list'>;
  readonly now: number;
}

export function toFilter(query: JobSearch, { directory, now }: Reading): Omit<JobFilter, 'limit'> {
  const { state, nas, hook, user_id, login, event, error, older_than } = query;
  return {
    ...(state ? { states: state } : {}),
    ...(nas ? { nasKeys: nasKeysOf(nas, directory) } : {}),
    ...(hook ? { hook } : {}),
    ...(user_id ? { user_id } : {}),
    ...(login ? { login } : {}),
    ...(event ? { eventId: event } : {}),
    ...(error ? { code: error } : {}),
    ...(older_than ? { updatedBefore: now - (parseDuration(older_than) ?? 0) } : {}),
  };
}

/** Keys under which jobs of this box stand in the store: a profile may match several addresses. */
export function nasKeysOf(nas: string, directory: Pick<NasDirectory, 'get' | 'list'>): string[] {
  const match = directory.get(nas)?.profile.match;
  if (match === undefined) {
    refuseUnknown(nas, directory);
    return [keyOf(nas)];
  }
  return [...match.nas_ip, ...match.nas_id.map((nas_id) => nasKeyOf({ nas_id }))];
}

/** A box that is not there has no jobs: to whoever mistyped its name that would look as if all were well. */
function refuseUnknown(nas: string, directory: Pick<NasDirectory, 'list'>): void {
  if (networkKeys(nas) !== undefined || nas.startsWith('id:')) return;
  const names = directory.list().map(({ name }) => name);
  if (names.includes(nas))
    throw new OssiaError(
      'conflict',
      `The profile ${nas} is refused, so that its boxes are not known; name an address.`,
    );
  const near = nearest(nas, names);
  const hint = near === undefined ? 'A box without a profile is named by its address.' : `Did you mean ${near}?`;
  throw new OssiaError('not_found', `There is no NAS profile ${nas}. ${hint}`);
}

/** An address in any spelling; the key itself, as jobs show it. */
function keyOf(nas: string): string {
  return nasKeyOf({ nas_ip: nas });
}

export function matcherOf(query: JobQuery, directory: NasDirectory): (job: Job) => boolean {
  const { state, nas, hook, user_id, login, event } = query;
  return (job) =>
    (state === undefined || state.includes(job.state)) &&
    (hook === undefined || hook === job.hook) &&
    (user_id === undefined || user_id === job.account['user_id']) &&
    (login === undefined || login === job.account['login']) &&
    (event === undefined || event === job.eventId) &&
    (nas === undefined || keyOf(nas) === job.nasKey || directory.find(nasRefOf(job.account))?.name === nas);
}

// Accounts as their operator sees them: the shapes of the answers, and how the daemon's own objects become them.
import { z } from 'zod';
import type { AccountView, ActualView, ListedAccount } from '../../accounts/accounts.ts';
import { readable } from '../../accounts/readable.ts';
import { carriedParameters } from '../../model/carried.ts';
import type { Job } from '../../model/job.ts';
import { type AppliedMark, accessFlags, type State } from '../../model/state.ts';
import type { NasDirectory } from '../../plugin-host/nas.ts';
import { accountAnswer, iso, jobAnswer, jobSchema } from './job.ts';
import { named, time } from './registry.ts';
import { sessionSchema } from './session.ts';

const summary = z.object({
  user_id: z.string(),
  login: z.string(),
  ip: z.string(),
  nas: z.string().nullable().describe('Name of the profile that its box has now; null when none matches.'),
  nas_key: z.string(),
  access: z
    .enum(['full', 'redirected', 'disabled by owner', 'not logged in', 'cut off', 'unknown'])
    .describe('What the subscriber should get.'),
  because: z.string(),
  differing: z.array(z.string()).describe('What was not made on its box as it should be; empty when all was.'),
  unsupported: z
    .array(z.string())
    .describe('What differs as well, but its box has a plugin without a hook for it: no job can put it right.'),
  gone_at: time.nullable().describe('Since when it is deleted.'),
  updated_at: time,
});

export const accountPageSchema = named(
  'AccountPage',
  z.object({
    accounts: z.array(named('AccountSummary', summary)).describe('In the order of user_id.'),
    next_cursor: z.string().nullable().describe('Send it as `cursor` for the rest; null at the end.'),
  }),
);

const failure = z.object({
  state: z.string().describe('Of the job; `unsupported`: the plugin of the box has no such hook.'),
  reason: z.string(),
  job: z.string(),
  at: time,
});

const row = z.object({
  key: z.string().describe('exists, accept, redirect, own_disabled, logged, rate, snatip, or `service:` and its id.'),
  desired: z.string().nullable().describe('What should be; null when the billing never said.'),
  applied: z.string().nullable().describe('What the last job that was done left there; null when none was.'),
  applied_at: time.nullable(),
  job: z.string().nullable().describe('That job.'),
  failed: failure.nullable().describe('What ended badly after that.'),
  actual: z.string().nullable().describe('What the box says; null when it was not asked or cannot tell.'),
  differs: z.boolean().describe('From what the box says, where it said so; else from what was left there.'),
});

const box = z.object({
  breaker: z.enum(['closed', 'open', 'half-open']).describe('open: the box does not answer.'),
  next_probe_at: time.nullable(),
  paused: z.object({ scope: z.string(), by: z.string(), reason: z.string(), since: time }).nullable(),
});
export type BoxAnswer = z.output<typeof box>;

const actual = z.object({
  result: z.enum(['read', 'unreachable', 'unsupported', 'failed']),
  reason: z.string(),
  at: time.nullable(),
  text: z.string().describe("The plugin's report for people."),
  report: z.unknown(),
});

export const accountSchema = named(
  'Account',
  summary.extend({
    variables: z.record(z.string(), z.string()).describe('As the billing last told them; passwords are masked.'),
    version: z.int(),
    box: box.nullable().describe('How its box stands; null when no profile matches.'),
    state: z.array(row),
    elsewhere: z
      .array(z.object({ nas: z.string().nullable(), nas_key: z.string(), state: z.array(row) }))
      .describe('What may be left of it on other boxes.'),
    actual: actual.nullable().describe('What came of asking the box; null when it was not asked.'),
    pending: z
      .array(jobSchema.extend({ waits_for: z.string().nullable().describe('The job at the head of its lane.') }))
      .describe('Jobs that have not ended, in their order.'),
    failed: z.array(jobSchema).describe('Jobs that ended badly and that nothing has made good since, new ones first.'),
    last_words: z
      .object({ text: z.string(), job: z.string(), at: time })
      .nullable()
      .describe('What the box last said to one of its jobs.'),
    sessions: z.array(sessionSchema).describe('Live ones.'),
  }),
);

export function summaryAnswer(given: ListedAccount): z.output<typeof summary> {
  const { userId, variables, nas, nasKey, access, differences, unsupported, goneAt, updatedAt } = given;
  return {
    user_id: userId,
    login: variables['login'] ?? '',
    ip: variables['ip'] ?? '',
    nas,
    nas_key: nasKey,
    access: access.access,
    because: access.because,
    differing: differences.map(({ key }) => key),
    unsupported: [...unsupported],
    gone_at: goneAt === 0 ? null : iso(goneAt),
    updated_at: iso(updatedAt),
  };
}

interface Shown {
  readonly view: AccountView;
  /** Null: the box was not asked. */
  readonly read: ActualView | null;
  readonly box: BoxAnswer | null;
  readonly sessions: z.output<typeof accountSchema>['sessions'];
  readonly directory: Pick<NasDirectory, 'find'>;
  /** The job that this one waits behind. */
  readonly holderOf: (job: Job) => Job | undefined;
}

export function accountView({ view, read, box, sessions, directory, holderOf }: Shown): z.output<typeof accountSchema> {
  const [own, ...others] = view.applied;
  const found = read?.type === 'read' ? read.state : {};
  const differing = new Set(view.differences.map(({ key }) => key));
  // Where the box has spoken, that is what counts.
  for (const key of Object.keys(found)) differing.delete(key);
  if (read?.type === 'read') for (const { key } of read.differences) differing.add(key);
  const sides = { desired: view.desired, marks: own?.marks ?? {}, found, differing };
  return {
    ...summaryAnswer(view),
    differing: [...differing],
    unsupported: view.unsupported.filter((key) => found[key] === undefined),
    variables: accountAnswer(view.variables),
    version: view.version,
    box,
    state: rowsOf(sides),
    elsewhere: others.map(({ nas, nasKey, marks }) => ({
      nas,
      nas_key: nasKey,
      state: rowsOf({ desired: {}, marks, found: {}, differing: new Set() }),
    })),
    actual: read === null ? null : actualAnswer(read),
    pending: view.pending.map((job) => ({ ...jobAnswer(job, directory), waits_for: holderOf(job)?.id ?? null })),
    failed: view.failed.map((job) => jobAnswer(job, directory)),
    last_words: view.lastWords === null ? null : { ...view.lastWords, at: iso(view.lastWords.at) },
    sessions,
  };
}

interface Sides {
  readonly desired: State;
  readonly marks: Readonly<Record<string, AppliedMark>>;
  readonly found: State;
  readonly differing: ReadonlySet<string>;
}

function rowsOf({ desired, marks, found, differing }: Sides): z.output<typeof row>[] {
  const known = new Set([...Object.keys(desired), ...Object.keys(marks), ...Object.keys(found)]);
  const first = [...accessFlags, 'rate', ...carriedParameters].filter((key) => known.has(key));
  const services = [...known].filter((key) => !first.includes(key)).sort();
  return [...first, ...services].map((key) => {
    const { value, job, at, failed } = marks[key] ?? {};
    return {
      key,
      desired: desired[key] ?? null,
      applied: value ?? null,
      applied_at: at === undefined ? null : iso(at),
      job: job ?? null,
      failed: failed === undefined ? null : { ...failed, at: iso(failed.at) },
      actual: found[key] ?? null,
      differs: differing.has(key),
    };
  });
}

function actualAnswer(read: ActualView): z.output<typeof actual> {
  if (read.type !== 'read') return { result: read.type, reason: read.reason, at: null, text: '', report: null };
  return { result: 'read', reason: '', at: iso(read.at), text: besideState(read.report), report: read.report };
}

/** `user` stands in the rows of the state already. */
function besideState(report: unknown): string {
  if (typeof report !== 'object' || report === null || Array.isArray(report))
    return report === null ? '' : readable(report);
  const { user: _state, ...rest } = report as Record<string, unknown>;
  return Object.keys(rest).length === 0 ? '' : readable(rest);
}

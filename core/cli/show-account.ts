// One account for people: what it should have, what was made of it and what its box says, side by side.
import type { Io } from './command.ts';
import type { SessionView } from './sessions.ts';
import { type JobView, toneOf } from './show-job.ts';
import { clean, localTime, type Paint, painter, type Tone, table } from './text.ts';

export interface AccountRow {
  readonly key: string;
  readonly desired: string | null;
  readonly applied: string | null;
  readonly applied_at: string | null;
  readonly job: string | null;
  readonly failed: {
    readonly state: string;
    readonly reason: string;
    readonly job: string;
    readonly at: string;
  } | null;
  readonly actual: string | null;
  readonly differs: boolean;
}

export interface AccountSummaryView {
  readonly user_id: string;
  readonly login: string;
  readonly ip: string;
  readonly nas: string | null;
  readonly nas_key: string;
  readonly access: string;
  readonly because: string;
  readonly differing: readonly string[];
  readonly unsupported: readonly string[];
  readonly gone_at: string | null;
  readonly updated_at: string;
}

export interface AccountDetail extends AccountSummaryView {
  readonly variables: Readonly<Record<string, string>>;
  readonly box: {
    readonly breaker: string;
    readonly next_probe_at: string | null;
    readonly paused: { readonly by: string; readonly reason: string; readonly since: string } | null;
  } | null;
  readonly state: readonly AccountRow[];
  readonly elsewhere: readonly {
    readonly nas: string | null;
    readonly nas_key: string;
    readonly state: readonly AccountRow[];
  }[];
  readonly actual: {
    readonly result: string;
    readonly reason: string;
    readonly at: string | null;
    readonly text: string;
  } | null;
  readonly pending: readonly (JobView & { readonly waits_for: string | null })[];
  readonly failed: readonly JobView[];
  readonly last_words: { readonly text: string; readonly job: string; readonly at: string } | null;
  readonly sessions: readonly (SessionView & { readonly acct_session_id: string })[];
}

export function showAccount(account: AccountDetail, io: Io): string {
  const paint = painter(io);
  const facts: [string, string][] = [
    [
      'access',
      paint(accessTone(account.access), account.access) + (account.because ? `: ${clean(account.because)}` : ''),
    ],
    ['deleted', localTime(account.gone_at)],
    ['box', boxText(account, paint)],
    [
      'variables',
      Object.entries(account.variables)
        .map(([name, value]) => `${name}=${clean(value)}`)
        .join(' '),
    ],
    ['told', localTime(account.updated_at)],
  ];
  const head = [`account ${clean(account.user_id)}  ${clean(account.login)}`.trimEnd()];
  const lines = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `  ${paint('faint', name.padEnd(9))}  ${value}`);
  return `${[...head, ...lines].join('\n')}\n\n${stateTable(account, io)}${rest(account, paint)}`;
}

/** With a column for the box when it was asked. */
function stateTable({ state, actual, unsupported }: AccountDetail, io: Io): string {
  if (state.length === 0) return 'Nothing was told about what it should have, and nothing was made on any box.\n';
  const read = actual?.result === 'read';
  return table(state, {
    io,
    columns: [
      {
        title: ' ',
        text: ({ differs, key }) => (differs ? '!' : unsupported.includes(key) ? '~' : ' '),
        tone: ({ differs }) => (differs ? 'bad' : 'busy'),
      },
      { title: 'STATE', text: ({ key }) => key },
      { title: 'SHOULD BE', text: ({ desired }) => valueText(desired) },
      {
        title: 'MADE',
        text: ({ applied }) => valueText(applied),
        tone: (row) => (row.differs && !read ? 'bad' : 'plain'),
      },
      { title: 'AT', text: ({ applied_at }) => localTime(applied_at) },
      ...(read
        ? [
            {
              title: 'ON THE BOX',
              text: ({ actual: found }: AccountRow) => (found === null ? 'cannot tell' : valueText(found)),
              tone: ({ actual: found, differs }: AccountRow): Tone =>
                found === null ? 'faint' : differs ? 'bad' : 'good',
            },
          ]
        : []),
      {
        title: 'WENT WRONG',
        text: ({ failed }) => (failed === null ? '' : wentWrong(failed)),
        tone: ({ failed }) => (failed !== null && isUnsupported(failed) ? 'busy' : 'bad'),
      },
    ],
  });
}

type Failure = NonNullable<AccountRow['failed']>;

function isUnsupported({ state }: Failure): boolean {
  return state === 'unsupported';
}

/** The reason says itself that something is not supported. */
function wentWrong(failed: Failure): string {
  return `job ${failed.job} ${isUnsupported(failed) ? '' : `${failed.state}: `}${failed.reason}`;
}

function rest(account: AccountDetail, paint: Paint): string {
  const { differing, unsupported, actual, pending, failed, last_words, sessions, elsewhere } = account;
  const lines: string[] = [''];
  if (differing.length > 0) lines.push(paint('bad', differs(account)));
  else if (account.state.length > 0 && unsupported.length === 0) lines.push(paint('good', asItShould(account)));
  if (unsupported.length > 0) lines.push(paint('busy', cannotBe(account)));
  if (actual !== null) lines.push(...actualLines(actual, paint));
  lines.push(
    ...pending.map((job) => jobLine('waits', job, paint) + behind(job.waits_for)),
    ...failed.map((job) => jobLine('failed', job, paint)),
  );
  if (last_words !== null)
    lines.push(...block(`The box last said, ${localTime(last_words.at)}, job ${last_words.job}:`, last_words.text));
  for (const { nas, nas_key, state } of elsewhere)
    lines.push(`On ${clean(nas ?? nas_key)} may be left: ${state.map(leftText).join(', ')}.`);
  for (const one of sessions)
    lines.push(
      `online  ${clean([one.login, one.framed_ip, one.mac].filter(Boolean).join(' '))} on ${clean(one.nas)} since ${localTime(one.started_at)}, last heard of ${localTime(one.updated_at)} (${clean(one.id)})`,
    );
  if (sessions.length === 0) lines.push(paint('faint', 'No live session is known.'));
  return `${lines.join('\n')}\n`;
}

function asItShould({ actual, state }: AccountDetail): string {
  if (actual?.result !== 'read') return 'All was made as it should be.';
  if (state.every((row) => row.actual === null))
    return 'All was made as it should be; whether the box still has it, its plugin does not say in these words.';
  return 'The box has what it should have.';
}

function cannotBe({ differing, unsupported }: AccountDetail): string {
  const rest = differing.length > 0 ? '' : 'All else was made as it should be. ';
  return `${rest}The plugin of this box has no hook for: ${unsupported.map((key) => clean(key)).join(', ')}.`;
}

function differs({ nas, differing, pending, failed, state }: AccountDetail): string {
  const what = differing.map((key) => clean(key)).join(', ');
  const isBad = ({ id }: JobView) => !state.some((row) => row.failed?.job === id && isUnsupported(row.failed));
  const why =
    pending.length > 0
      ? 'jobs are on their way'
      : failed.some(isBad)
        ? 'jobs were refused, given up or skipped'
        : `no job is on its way: ossia nas resync ${nas ?? 'NAS'} puts it right`;
  return `Not as it should be: ${what}; ${why}.`;
}

function actualLines(actual: NonNullable<AccountDetail['actual']>, paint: Paint): string[] {
  if (actual.result === 'read')
    return actual.text === '' ? [] : block(`The box says now, ${localTime(actual.at)}:`, actual.text);
  const words: Readonly<Record<string, string>> = {
    unreachable: 'The box does not answer',
    unsupported: 'This box cannot be asked',
  };
  return [paint('bad', `${words[actual.result] ?? 'Asking the box failed'}: ${clean(actual.reason)}`)];
}

function boxText({ nas, nas_key, box }: AccountDetail, paint: Paint): string {
  if (nas === null)
    return nas_key === 'id:'
      ? paint('bad', 'none was told')
      : `${clean(nas_key)}: ${paint('bad', 'no profile matches; its jobs wait')}`;
  const parts = [`${nas} (${clean(nas_key)})`];
  if (box?.paused) {
    const { by, reason, since } = box.paused;
    parts.push(paint('busy', `paused by ${clean(by)} since ${localTime(since)}: ${clean(reason)}`));
  }
  if (box !== null && box.breaker !== 'closed')
    parts.push(paint('bad', `does not answer; next try ${localTime(box.next_probe_at) || 'is under way'}`));
  return parts.join(', ');
}

function jobLine(word: string, job: JobView, paint: Paint): string {
  const when = job.not_before === null ? '' : `, next try ${localTime(job.not_before)}`;
  const why = job.reason === '' ? '' : `: ${clean(job.reason)}`;
  return `${word.padEnd(6)}  job ${job.id} ${job.hook} on ${clean(job.nas ?? job.nas_key)}, ${paint(toneOf(job.state), job.state)}${when}${why}`;
}

function behind(holder: string | null): string {
  return holder === null ? '' : `, behind job ${holder}`;
}

function leftText({ key, applied, failed }: AccountRow): string {
  const bad = failed === null ? '' : ` (job ${failed.job} ${failed.state})`;
  return `${clean(key)} ${valueText(applied)}${bad}`;
}

function block(title: string, text: string): string[] {
  return [title, ...text.split('\n').map((line) => `  ${clean(line)}`.trimEnd())];
}

const words: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };

export function valueText(value: string | null): string {
  if (value === null) return '-';
  if (!value.startsWith('{')) return words[value] ?? value;
  const { rate_in, rate_out, ...others } = JSON.parse(value) as Record<string, string>;
  const more = Object.entries(others).map(([name, each]) => `${name} ${each}`);
  return [`${rate_in ?? '?'} in ${rate_out ?? '?'} out`, ...more].join(' ');
}

export function accessTone(access: string): Tone {
  if (access === 'full') return 'good';
  return access === 'unknown' || access === 'not logged in' ? 'busy' : 'bad';
}

// One job for people: what it is, how it stands, and its timeline.
import type { Io } from './command.ts';
import { clean, localTime, type Paint, painter, type Tone } from './text.ts';

export interface JobView {
  readonly id: string;
  readonly event: string;
  readonly hook: string;
  readonly user_id: string;
  readonly login: string;
  readonly nas: string | null;
  readonly nas_key: string;
  readonly state: string;
  readonly attempt: number;
  readonly not_before: string | null;
  readonly reason: string;
  readonly code: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface JobDetail extends JobView {
  readonly account: Readonly<Record<string, string>>;
  readonly waits_for: JobView | null;
  readonly journal: readonly Entry[];
}

interface Entry {
  readonly at: string;
  readonly attempt: number;
  readonly nas: string;
  readonly kind: string;
  readonly via: string;
  readonly text: string;
}

const tones: Readonly<Record<string, Tone>> = {
  done: 'good',
  refused: 'bad',
  dead: 'bad',
  parked: 'busy',
  retrying: 'busy',
  running: 'busy',
  superseded: 'faint',
  skipped: 'faint',
};

export function toneOf(state: string): Tone {
  return tones[state] ?? 'plain';
}

export function showJob(job: JobDetail, io: Io): string {
  const paint = painter(io);
  const account = Object.entries(job.account).map(([name, value]) => `${name}=${clean(value)}`);
  const facts: [string, string][] = [
    ['state', paint(toneOf(job.state), job.state)],
    ['reason', clean(job.reason)],
    ['waits', holderText(job.waits_for)],
    ['code', job.code ?? ''],
    ['next try', localTime(job.not_before)],
    ['runs', String(job.attempt)],
    ['nas', job.nas === null ? `${clean(job.nas_key)} (no profile matches)` : `${job.nas} (${clean(job.nas_key)})`],
    ['account', account.join(' ')],
    ['event', clean(job.event)],
    ['created', localTime(job.created_at)],
    ['changed', localTime(job.updated_at)],
  ];
  const lines = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `  ${paint('faint', name.padEnd(8))}  ${value}`);
  const timeline = job.journal.flatMap((entry) => entryLines(entry, paint));
  const journal = timeline.length === 0 ? ['  nothing yet'] : timeline;
  return `${[`job ${job.id}  ${job.hook}`, ...lines, 'timeline', ...journal].join('\n')}\n`;
}

/** Its lane goes in order: what is wrong with the one in front is what is wrong with this one. */
function holderText(holder: JobView | null): string {
  if (holder === null) return '';
  const { id, hook, state, reason } = holder;
  return `for job ${id} (${hook}), ${state}${reason === '' ? '' : `: ${clean(reason)}`}`;
}

/** Texts of several lines keep their lines, indented under the first. */
function entryLines({ at, attempt, kind, via, text }: Entry, paint: Paint): string[] {
  const time = `${localTime(at).slice(11)}.${at.slice(20, 23)}`;
  const head = `  ${paint('faint', time)}  #${attempt}  ${kind.padEnd(8)}  ${clean(via).padEnd(8)}  `;
  const indent = ' '.repeat(`  ${time}  #${attempt}  ${kind.padEnd(8)}  ${clean(via).padEnd(8)}  `.length);
  return text
    .replaceAll('\t', '    ')
    .split('\n')
    .map((part, index) => ((index === 0 ? head : indent) + clean(part)).trimEnd());
}

// `ossia sessions disconnect` and `clear`: ends sessions, and says of each what its box answered.
import { exitCodes, type Io, UsageError } from './command.ts';
import { ask } from './daemon-client.ts';
import type { SessionsLine, SessionView } from './sessions.ts';
import { type AboutSubject, kindOf } from './sessions-check.ts';
import { planInstead } from './show-plan.ts';
import { clean, type Tone, table } from './text.ts';

interface ResultView {
  readonly session: SessionView;
  readonly outcome: string;
  readonly ended: boolean;
  readonly job: string | null;
  readonly reason: string;
  readonly said: string;
}

interface BulkView {
  readonly sessions: number;
  readonly ended: number;
  readonly results: readonly ResultView[];
}

interface ClearView {
  readonly clear: boolean;
  readonly found: number;
  readonly left: readonly SessionView[];
  readonly results: readonly ResultView[];
}

interface Disconnecting extends Omit<AboutSubject, 'subject'> {
  readonly subject: string | undefined;
}

export async function disconnectSessions({ line, address, io, subject }: Disconnecting): Promise<number> {
  const { all, json } = line.options;
  const { reason, wait } = orderOf(line);
  const ways = [subject, all, Object.keys(line.others).length > 0 ? '' : undefined].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw new UsageError('say which sessions, in one way: ID, fields like --login alice, or --all');
  if (subject !== undefined) {
    const path = `/v1/sessions/${encodeURIComponent(subject)}`;
    const query = { reason, ...(wait === undefined ? {} : { wait: String(wait) }) };
    const request = { method: 'DELETE', path, query } as const;
    if (isPlanned(line)) return planInstead({ address, request, json: json !== undefined, io });
    const result = await ask<ResultView>(address, request);
    io.out(json === undefined ? rows([result], io) : `${JSON.stringify(result, null, 2)}\n`);
    return result.ended ? exitCodes.ok : exitCodes.notDone;
  }
  const which = all === undefined ? { filter: line.others } : { all: true };
  const body = { ...which, reason, wait };
  const request = { method: 'POST', path: '/v1/sessions/disconnect', body } as const;
  if (isPlanned(line)) return planInstead({ address, request, json: json !== undefined, io });
  const done = await ask<BulkView>(address, request);
  if (json !== undefined) io.out(`${JSON.stringify(done, null, 2)}\n`);
  else if (done.sessions === 0) io.err('no such sessions\n');
  else io.out(`${rows(done.results, io)}${done.ended} of ${done.sessions} ended\n`);
  return done.ended === done.sessions ? exitCodes.ok : exitCodes.notDone;
}

export async function clearSessions({ line, address, io, subject }: AboutSubject): Promise<number> {
  const { by = kindOf(subject), json } = line.options;
  const request = {
    method: 'POST',
    path: `/v1/accounts/${encodeURIComponent(subject)}/sessions/clear`,
    query: { by },
    body: orderOf(line),
  } as const;
  if (isPlanned(line)) return planInstead({ address, request, json: json !== undefined, io });
  const done = await ask<ClearView>(address, request);
  const verdict = done.clear
    ? `${clean(subject)} has no session left; ${done.found} found`
    : `${clean(subject)} still has ${done.left.length} of ${done.found}: ${done.left.map(({ id }) => clean(id)).join(', ')}`;
  if (json !== undefined) io.out(`${JSON.stringify(done, null, 2)}\n`);
  else io.out(`${done.results.length === 0 ? '' : rows(done.results, io)}${verdict}\n`);
  return done.clear ? exitCodes.ok : exitCodes.notDone;
}

function isPlanned({ options }: SessionsLine): boolean {
  return options['dry-run'] !== undefined;
}

function orderOf({ options: { reason, wait } }: SessionsLine): { reason: string; wait?: number } {
  if (reason === undefined) throw new UsageError('say why with --reason; it stays in the journal');
  if (wait === undefined) return { reason };
  if (!(Number(wait) >= 0)) throw new UsageError('--wait takes seconds');
  return { reason, wait: Number(wait) };
}

const meanings: Readonly<Record<string, string>> = {
  ack: 'the box took it',
  gone: 'the box has no such session',
  nak: 'the box said no',
  silence: 'the box did not answer',
  pending: 'not told yet, its job goes on',
  over: 'had ended before',
};

function rows(results: readonly ResultView[], io: Io): string {
  const tone = ({ ended, outcome }: ResultView): Tone => (ended ? 'good' : outcome === 'pending' ? 'busy' : 'bad');
  return table(results, {
    io,
    columns: [
      { title: 'SESSION', text: ({ session }) => session.id },
      { title: 'LOGIN', text: ({ session }) => session.login },
      { title: 'NAS', text: ({ session }) => session.nas },
      { title: 'ENDED', text: ({ ended }) => (ended ? 'yes' : 'no'), tone },
      { title: 'OUTCOME', text: ({ outcome }) => outcome },
      { title: 'JOB', text: ({ job }) => job ?? '-', align: 'right' },
      { title: 'WHY', text: ({ outcome, reason }) => reason || (meanings[outcome] ?? '') },
    ],
  });
}

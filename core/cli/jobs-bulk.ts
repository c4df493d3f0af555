// `ossia jobs retry` and `skip` of all jobs that match: shows how many there are of what, asks, and says what came of it.
import { exitCodes, type Io, UsageError } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean, table } from './text.ts';

interface BulkView {
  readonly matched: number;
  readonly done: number;
  readonly superseded: number;
  readonly failed: number;
  readonly next_cursor: string | null;
  readonly problems: readonly { readonly id: string; readonly reason: string }[];
  readonly groups: readonly {
    readonly nas: string | null;
    readonly nas_key: string;
    readonly hook: string;
    readonly count: number;
  }[];
}

export interface BulkOrder {
  readonly action: 'retry' | 'skip';
  /** Which jobs, why, and what changes: the body of the question. */
  readonly body: object;
  readonly dryRun: boolean;
  /** Nobody is asked. */
  readonly yes: boolean;
  readonly json: boolean;
  readonly address: DaemonAddress;
  readonly io: Io;
}

/** Of one request, so that each is answered in seconds. */
const mostAtOnce = 2_000;

export async function bulkJobs(order: BulkOrder): Promise<number> {
  const { action, dryRun, yes, json, io } = order;
  const counted = await send(order, { query: { dry_run: 'true' } });
  const { matched } = counted;
  if (json && (dryRun || matched === 0)) io.out(`${JSON.stringify(counted, null, 2)}\n`);
  else if (matched === 0) io.err('no such jobs\n');
  if (matched === 0 || (json && dryRun)) return exitCodes.ok;
  if (!json) io.out(groups(counted, io));
  if (dryRun) {
    io.out(`${matched} ${matched === 1 ? 'job' : 'jobs'} to ${action}; nothing is changed\n`);
    return exitCodes.ok;
  }
  if (!yes && !(await isMeant(order, matched))) {
    io.err('nothing is changed\n');
    return exitCodes.refused;
  }
  const report: BulkView = { ...(await actOnAll(order, matched)), groups: counted.groups, next_cursor: null };
  io.out(json ? `${JSON.stringify(report, null, 2)}\n` : told(report, order));
  return report.failed === 0 ? exitCodes.ok : exitCodes.refused;
}

async function isMeant({ action, io }: BulkOrder, matched: number): Promise<boolean> {
  const answer = await io.confirm(`${action} ${matched} ${matched === 1 ? 'job' : 'jobs'}?`);
  if (answer === null) throw new UsageError('there is no terminal to ask at; look with --dry-run, then say --yes');
  return answer;
}

/** From new to old, each once, however it ends. */
async function actOnAll(order: BulkOrder, counted: number): Promise<Omit<BulkView, 'groups' | 'next_cursor'>> {
  const sum = { matched: 0, done: 0, superseded: 0, failed: 0, problems: [] as BulkView['problems'][number][] };
  for (let cursor: string | null = ''; cursor !== null && sum.matched < counted; ) {
    const limit = Math.min(mostAtOnce, counted - sum.matched);
    const from = cursor === '' ? {} : { cursor };
    const part: BulkView = await send({ ...order, body: { ...order.body, limit, ...from } }, {});
    cursor = part.next_cursor;
    sum.matched += part.matched;
    sum.done += part.done;
    sum.superseded += part.superseded;
    sum.failed += part.failed;
    sum.problems.push(...part.problems);
  }
  return sum;
}

function send({ action, body, address }: BulkOrder, { query = {} }: { query?: Record<string, string> }) {
  return ask<BulkView>(address, { method: 'POST', path: `/v1/jobs/${action}`, query, body });
}

function groups({ groups: rows }: BulkView, io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'JOBS', text: ({ count }) => String(count), align: 'right' },
      { title: 'NAS', text: ({ nas, nas_key }) => nas ?? nas_key },
      { title: 'HOOK', text: ({ hook }) => hook },
    ],
  });
}

function told({ matched, done, superseded, failed, problems }: BulkView, { action }: BulkOrder): string {
  const parts = [`${done} of ${matched} ${action === 'retry' ? 'run again' : 'are skipped'}`];
  if (superseded > 0) parts.push(`${superseded} superseded by something newer`);
  if (failed > 0) parts.push(`${failed} left as they were`);
  const lines = problems.map(({ id, reason }) => `  job ${id}: ${clean(reason)}`);
  return `${[parts.join(', '), ...lines].join('\n')}\n`;
}

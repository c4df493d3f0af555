// Follows the jobs of one box in a running daemon: each that comes to rest, with what was sent and answered.
import { setTimeout as wait } from 'node:timers/promises';
import type { Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask, DaemonError, listen } from './daemon-client.ts';
import { type JobDetail, type JobView, toneOf } from './show-job.ts';
import { clean, localTime, painter } from './text.ts';

interface TailInput {
  readonly address: DaemonAddress;
  readonly nas: string;
  readonly io: Io;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

const againMs = 2_000;
const underWay = ['waiting', 'running'];

/** Ends with its signal only: a daemon that goes away is waited for. */
export async function tailNas({ address, nas, io, json, signal }: TailInput): Promise<void> {
  let said = '';
  const say = (text: string): void => {
    if (text !== said) io.err(text);
    said = text;
  };
  while (!signal.aborted) {
    try {
      for await (const job of jobsOf({
        address,
        nas,
        signal,
        onOpen: () => say(`following the jobs of ${clean(nas)}\n`),
      })) {
        if (underWay.includes(job.state)) continue;
        const detail = await ask<JobDetail>(address, { path: `/v1/jobs/${encodeURIComponent(job.id)}` });
        io.out(json ? `${JSON.stringify({ job: detail })}\n` : jobText(detail, job, io));
      }
      say('the daemon has ended the stream; waiting for it\n');
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      say(`${error.lines.map(clean).join('\n')}\n`);
    }
    await wait(againMs, undefined, { signal }).catch(() => undefined);
  }
}

interface Following extends Pick<TailInput, 'address' | 'nas' | 'signal'> {
  onOpen(): void;
}

async function* jobsOf({ address, nas, signal, onOpen }: Following): AsyncIterable<JobView> {
  const stream = listen(address, { path: '/v1/stream', query: { events: 'jobs', nas } })[Symbol.asyncIterator]();
  const over = new Promise<IteratorResult<string>>((done) =>
    signal.addEventListener('abort', () => done({ done: true, value: undefined }), { once: true }),
  );
  let rest = '';
  for (;;) {
    const { done, value } = await Promise.race([stream.next(), over]);
    if (done) return;
    onOpen();
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^event: job\ndata: (.*)$/.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data) as JobView;
    }
  }
}

/** Of the journal, what belongs to the attempt that just ended. */
function jobText(
  { journal }: JobDetail,
  { id, hook, login, user_id, state, reason, attempt, updated_at }: JobView,
  io: Io,
) {
  const paint = painter(io);
  const who = clean(login || user_id);
  const head = `${localTime(updated_at)}  ${paint(toneOf(state), state)}  ${hook} ${who}  (job ${id}, run ${attempt})`;
  const own = journal.filter((entry) => entry.attempt === attempt);
  const lines = own.map(({ kind, via, text }) => `    ${paint('faint', `${kind} ${via}`)}  ${clean(text)}`);
  return `\n${[head, ...(reason === '' ? [] : [`    ${clean(reason)}`]), ...lines].join('\n')}\n`;
}

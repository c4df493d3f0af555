// `ossia accounts import`: the states of very many accounts from a file of lines, sent as the daemon takes them.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { readArguments } from './arguments.ts';
import { exitCodes, type Io, UsageError } from './command.ts';
import { addressOptions, daemonAddress } from './daemon-address.ts';
import { ask, DaemonError } from './daemon-client.ts';
import { clean } from './text.ts';

const options = { ...addressOptions, 'no-jobs': 'flag', 'dry-run': 'flag' } as const;

interface Imported {
  readonly dry_run: boolean;
  readonly lines: number;
  readonly taken: number;
  readonly unchanged: number;
  readonly jobs: number;
  readonly rejected: number;
  readonly problems: readonly {
    readonly line: number;
    readonly user_id: string;
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  }[];
}

const progressMs = 2_000;

export async function importAccounts(argv: readonly string[], io: Io): Promise<number> {
  const line = readArguments(argv, { options, words: 1 });
  const [file] = line.words;
  if (file === undefined)
    throw new UsageError('say from where: ossia accounts import accounts.ndjson, or - for standard input');
  const address = await daemonAddress(line.options);
  const query = {
    jobs: line.options['no-jobs'] === undefined ? undefined : 'none',
    dry_run: line.options['dry-run'] === undefined ? undefined : 'true',
  };
  const { lines, bytes } = await linesFrom(file);
  const progress = showProgress({ lines, bytes, io });
  try {
    const answer = await ask<Imported>(address, { method: 'POST', path: '/v1/accounts/import', query, lines });
    io.out(line.options.json === undefined ? told(answer) : `${JSON.stringify(answer, null, 2)}\n`);
    return answer.rejected === 0 ? exitCodes.ok : exitCodes.refused;
  } catch (error) {
    if (!(error instanceof DaemonError) || error.exitCode !== exitCodes.tryLater) throw error;
    const again = 'What was taken stays; run it again: what is so already is left alone.';
    throw new DaemonError({ exitCode: error.exitCode, document: error.document, lines: [...error.lines, again] });
  } finally {
    progress.stop();
    lines.destroy();
  }
}

function told(answer: Imported): string {
  const { dry_run, lines, taken, unchanged, jobs, rejected, problems } = answer;
  const count = (value: number): string => value.toLocaleString('en');
  const would = dry_run ? 'would be ' : '';
  const head = `${count(lines)} lines: ${count(taken)} accounts ${would}taken, ${count(unchanged)} unchanged, ${count(jobs)} jobs, ${count(rejected)} lines wrong\n`;
  const wrong = problems.flatMap(({ line, user_id, errors }) =>
    errors.map(
      ({ pointer, detail }) =>
        `  line ${line}${user_id && ` (${clean(user_id)})`}: ${clean(`${pointer} ${detail}`.trim())}\n`,
    ),
  );
  const more = rejected > problems.length ? [`  and ${count(rejected - problems.length)} more\n`] : [];
  return [head, ...wrong, ...more].join('');
}

async function linesFrom(file: string): Promise<{ lines: Readable; bytes: number }> {
  if (file === '-') return { lines: createReadStream('', { fd: 0, autoClose: false }), bytes: 0 };
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) throw new UsageError(`${file} cannot be read`);
  const status = await handle.stat();
  if (status.isDirectory()) {
    await handle.close();
    throw new UsageError(`${file} is a folder; name a file with one state to a line`);
  }
  const { size } = status;
  return { lines: handle.createReadStream({ highWaterMark: 262_144 }), bytes: size };
}

function showProgress({ lines, bytes, io }: { lines: Readable; bytes: number; io: Io }) {
  let sent = 0;
  lines.on('data', (piece: Buffer) => {
    sent += piece.length;
  });
  lines.pause();
  const began = Date.now();
  const timer = setInterval(() => {
    const share = bytes > 0 ? `${Math.floor((sent / bytes) * 100)} %, ` : '';
    io.err(`${share}${(sent / 1e6).toFixed(1)} MB sent in ${Math.round((Date.now() - began) / 1000)} s\n`);
  }, progressMs);
  return { stop: () => clearInterval(timer) };
}

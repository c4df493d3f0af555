// `ossia accounts put`: the whole state of one account from a file.
import { readFile } from 'node:fs/promises';
import { readArguments } from './arguments.ts';
import { exitCodes, type Io, UsageError } from './command.ts';
import { addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { type PlanView, planExitCode, showPlan } from './show-plan.ts';

const options = { ...addressOptions, file: 'value', 'no-jobs': 'flag', 'dry-run': 'flag' } as const;

interface Taken {
  readonly event: string | null;
  readonly jobs: readonly string[];
  readonly hooks: readonly string[];
  readonly duplicate: boolean;
  readonly changed: boolean;
  readonly version: number;
}

export async function putAccount(argv: readonly string[], io: Io): Promise<number> {
  const line = readArguments(argv, { options, words: 1 });
  const [userId] = line.words;
  const { file, json } = line.options;
  if (userId === undefined || file === undefined)
    throw new UsageError('say whose state it is and where it stands: ossia accounts put USER_ID --file state.json');
  const body = await stateFrom(file, io);
  const address = await daemonAddress(line.options);
  const isDry = line.options['dry-run'] !== undefined;
  const query = {
    jobs: line.options['no-jobs'] === undefined ? undefined : 'none',
    dry_run: isDry ? 'true' : undefined,
  };
  const path = `/v1/accounts/${encodeURIComponent(userId)}`;
  const answer = await ask<Taken & PlanView>(address, { method: 'PUT', path, query, body });
  if (json !== undefined) io.out(`${JSON.stringify(answer, null, 2)}\n`);
  else io.out(isDry ? showPlan(answer, io) : `${told(answer)}\n`);
  return isDry ? planExitCode(answer) : exitCodes.ok;
}

function told({ event, jobs, hooks, duplicate, changed, version }: Taken): string {
  if (event === null && changed) return `stored as version ${version}; no job is made of it`;
  if (event === null) return `nothing to do: it is so in version ${version}`;
  const steps = hooks.map((hook, at) => `  job ${jobs[at] ?? '?'} ${hook}`);
  return [`${duplicate ? 'taken before' : 'taken'}: event ${event}, version ${version}`, ...steps].join('\n');
}

async function stateFrom(file: string, io: Io): Promise<unknown> {
  const text = file === '-' ? await io.stdin() : await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UsageError(`--file ${file} cannot be read`);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file === '-' ? 'standard input' : `--file ${file}`} is not JSON`);
  }
}

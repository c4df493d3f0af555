// `ossia fire`: one event from the command line, with the exit code that a shell script needs.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask, DaemonError, type DaemonProblem } from './daemon-client.ts';
import { planInstead } from './show-plan.ts';
import { waitForJobs } from './wait-for-jobs.ts';

const help = `usage: ossia fire HOOK --user_id ID [--VARIABLE VALUE ...] [options]

Sends one event. Every option that is not listed here is a variable of the account under the billing's name:
  ossia fire user_drop --user_id 1001 --login alice --ip 10.1.2.3 --nas_ip 10.0.0.1

  --id ID             id of the event; the same id is run once
  --occurred-at TIME  when it happened, ISO 8601 with offset
  --account FILE      more variables, a JSON object; - reads standard input, so that psw is not seen in process lists
  --dry-run           say what would be sent to the box, and send nothing
  --wait [SECONDS]    wait for the end of its jobs, 30 seconds by default
${addressHelp}
exit codes
   0  taken (with --wait: done)
   1  refused; every wrong field is shown
   2  used wrongly
   3  with --wait: a job ended without being done
   4  with --wait: a job had not ended in time; it goes on
  75  the daemon is not reachable or takes nothing now; send it again later with the same --id
`;

const options = {
  ...addressOptions,
  id: 'value',
  'occurred-at': 'value',
  account: 'value',
  wait: 'number?',
  'dry-run': 'flag',
} as const;

interface Receipt {
  readonly event: string;
  readonly jobs: readonly string[];
  readonly duplicate: boolean;
}

export const fire: Command = {
  help,
  async run(argv, io) {
    const line = readArguments(argv, { options, words: 1, others: 'keep' });
    const hook = line.words[0];
    if (hook === undefined)
      throw new UsageError('say which hook, e.g. ossia fire user_drop --user_id 1001 --nas_ip 10.0.0.1');
    const account = { ...(await accountFrom(line.options.account, io)), ...line.others };
    const seconds = line.options.wait === '' ? 30 : Number(line.options.wait);
    if (line.options.wait !== undefined && !(seconds >= 0)) throw new UsageError('--wait takes seconds');
    const address = await daemonAddress(line.options);
    const occurred = line.options['occurred-at'];
    // An id of ours when there is none: whoever lost the answer can send the same event again.
    const id = line.options.id ?? randomUUID();
    const event = { id, hook, account, ...(occurred === undefined ? {} : { occurred_at: occurred }) };

    const json = line.options.json !== undefined;
    if (line.options['dry-run'] !== undefined) {
      const request = { method: 'POST', path: '/v1/events', body: event } as const;
      return planInstead({ address, request, json, io });
    }
    const receipt = await send({ address, event, id });
    if (line.options.wait !== undefined) return follow({ address, receipt, seconds, io, json });
    io.out(json ? `${JSON.stringify(receipt, null, 2)}\n` : `${takenAs(receipt)}\n`);
    return exitCodes.ok;
  },
};

/** Whatever hinders the waiting: the event is taken, and the message must say so. */
async function follow(waiting: Parameters<typeof waitForJobs>[0]): Promise<number> {
  try {
    return await waitForJobs(waiting);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    const { exitCode, lines, document } = error;
    const { receipt } = waiting;
    const told = [`${takenAs(receipt)}; but it cannot be followed:`, ...lines];
    throw new DaemonError({ exitCode, lines: told, document: { ...receipt, problem: document } });
  }
}

function takenAs({ event, jobs, duplicate }: Receipt): string {
  const became = jobs.length === 1 ? `job ${jobs[0]}` : `jobs ${jobs.join(', ')}`;
  return `${duplicate ? 'taken before' : 'taken'}: event ${event}, ${jobs.length === 0 ? 'no job' : became}`;
}

async function send({ address, event, id }: { address: DaemonAddress; event: unknown; id: string }): Promise<Receipt> {
  try {
    return await ask<Receipt>(address, { method: 'POST', path: '/v1/events', body: event });
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    const { exitCode, lines, document } = error;
    if (exitCode === exitCodes.tryLater)
      throw new DaemonError({
        exitCode,
        document: { ...(document as object), id },
        lines: [...lines, `Send it again with --id ${id}`],
      });
    const errors = (document as DaemonProblem).errors ?? [];
    const shown = errors.map(({ pointer, detail }) => `  ${optionOf(pointer)}: ${detail}`);
    throw new DaemonError({ exitCode, document, lines: errors.length === 0 ? lines : [lines[0] ?? '', ...shown] });
  }
}

/** `/account/ip` as it was written: `--ip`. */
function optionOf(pointer: string): string {
  const variable = /^\/account\/(.+)$/.exec(pointer)?.[1];
  if (variable !== undefined) return `--${variable}`;
  return pointer === '/hook' ? 'hook' : `--${pointer.slice(1).replaceAll('_', '-')}`;
}

async function accountFrom(file: string | undefined, io: Io): Promise<Record<string, unknown>> {
  if (file === undefined) return {};
  const text = file === '-' ? await io.stdin() : await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UsageError(`--account ${file} cannot be read`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, like every other text that is not an object.
  }
  throw new UsageError(
    `${file === '-' ? 'standard input, as --account - says,' : `--account ${file}`} is not a JSON object`,
  );
}

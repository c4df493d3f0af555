// Runs one command in a channel of its own and settles whatever the box does.
import type { ClientChannel } from 'ssh2';
import { OssiaError } from '../../errors.ts';
import type { CommandResult } from '../../plugin-sdk/device.ts';
import type { CallContext } from '../transport.ts';
import { callEnded } from './call-ended.ts';
import type { Link } from './link.ts';

export interface CommandRun {
  readonly command: string;
  readonly stdin: string;
  readonly maxOutput: number;
  readonly context: CallContext;
}

/** Resolves with any exit code. */
export function runCommand(link: Link, run: CommandRun): Promise<CommandResult> {
  const { context } = run;
  return new Promise((resolve, reject) => {
    let channel: ClientChannel | undefined;
    const signal = AbortSignal.any([context.signal, link.lost]);
    const onAbort = () => fail(link.lost.aborted ? lostDuring(link) : callEnded(context, lateAnswer()));
    let isSettled = false;
    const settle = (finish: () => void) => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (error: OssiaError) =>
      settle(() => {
        kill(channel);
        reject(error);
      });

    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      link.client.exec(run.command, (error, opened) => {
        if (signal.aborted) return kill(opened);
        if (error) return link.lost.aborted ? onAbort() : fail(noChannel(error));
        channel = opened;
        collect(opened, run, { fail, done: (result) => settle(() => resolve(result)) });
      });
    } catch (cause) {
      // ssh2 throws when its socket has ended and its events have not come yet.
      fail(new OssiaError('nas_unreachable', 'The connection was lost before the command was sent.', { cause }));
    }
  });
}

interface Ends {
  fail(error: OssiaError): void;
  done(result: CommandResult): void;
}

function collect(channel: ClientChannel, run: CommandRun, { fail, done }: Ends): void {
  const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  let size = 0;
  let exit: { code: number | null; signal: string | undefined } | undefined;

  const keep = (into: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length;
    if (size <= run.maxOutput) into.push(chunk);
    else fail(tooMuch(run.maxOutput));
  };
  channel.on('data', keep(output.stdout));
  channel.stderr.on('data', keep(output.stderr));
  channel.on('error', (cause: Error) =>
    fail(new OssiaError('nas_protocol', `The channel failed: ${cause.message}.`, { cause })),
  );
  channel.on('exit', (code: number | null, signal?: string) => (exit = { code, signal }));
  channel.on('close', () => {
    const text = {
      stdout: Buffer.concat(output.stdout).toString('utf8'),
      stderr: Buffer.concat(output.stderr).toString('utf8'),
    };
    if (exit?.code != null) return done({ exitCode: exit.code, ...text });
    if (exit?.signal !== undefined) return fail(killedBy(exit.signal, text));
    // When the connection is lost its channels close first: the loss, a turn later, tells more than this does.
    setImmediate(() => fail(new OssiaError('nas_protocol', 'The command ended without an exit status.')));
  });
  channel.end(run.stdin);
}

/** OpenSSH hands the signal on unless we are root there; other boxes may not know it. The closed channel ends what still writes. */
export function kill(channel: ClientChannel | undefined): void {
  if (!channel) return;
  // What still comes must be read, or the channel never closes.
  channel.on('error', () => undefined).resume();
  channel.stderr.resume();
  if (!channel.writable && channel.destroyed) return;
  try {
    channel.signal('KILL');
    channel.close();
  } catch {
    // The connection went away first.
  }
}

export const lateAnswer = () =>
  new OssiaError('nas_timeout', 'The command did not end in time and was given up; it may still take effect.');

const tooMuch = (limit: number) =>
  new OssiaError('nas_protocol', `The command printed more than ${limit} bytes and was killed.`, {
    details: { limit },
  });

export const noChannel = (cause: Error) =>
  new OssiaError('nas_busy', `The box opens no further channel: ${cause.message}.`, { cause });

const killedBy = (signal: string, { stderr, stdout }: { stderr: string; stdout: string }) =>
  new OssiaError('nas_refused', `The command was ended by signal ${signal}.`, {
    said: (stderr || stdout).trim(),
    details: { signal },
  });

export function lostDuring({ lost }: Link): OssiaError {
  const cause = lost.reason as OssiaError;
  if (cause.code === 'aborted') return cause;
  return new OssiaError('nas_unreachable', `${cause.message} The command may have taken effect.`, { cause });
}

// What one command prints, as lines in parts: what nobody has taken yet stays on the box, held back by the channel's window.
import { StringDecoder } from 'node:string_decoder';
import type { ClientChannel } from 'ssh2';
import { OssiaError } from '../../errors.ts';
import type { CallContext } from '../transport.ts';
import { callEnded } from './call-ended.ts';
import { kill, lateAnswer, lostDuring, noChannel } from './command.ts';
import type { Link } from './link.ts';

export interface LinesRun {
  readonly command: string;
  readonly stdin: string;
  readonly context: CallContext;
}

export interface LinesEnd {
  readonly exitCode: number;
  readonly stderr: string;
}

const partLines = 1000;
const partChars = 512 * 1024;
const longestLine = 256 * 1024;
const keptStderr = 64 * 1024;

/** Returns the exit code, whatever it is; only then everything was printed. */
export async function* runLines(link: Link, run: LinesRun): AsyncGenerator<string[], LinesEnd> {
  const { context } = run;
  const signal = AbortSignal.any([context.signal, link.lost]);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  const onAbort = () => reject(link.lost.aborted ? lostDuring(link) : callEnded(context, lateAnswer()));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let channel: ClientChannel | undefined;
  let isOver = false;
  try {
    const { opened, exit } = await Promise.race([openChannel(link, run.command, () => isOver), ended]);
    channel = opened;
    opened.end(run.stdin);
    yield* linesOf(opened, ended);
    const end = await Promise.race([exit, ended]);
    channel = undefined;
    return end;
  } finally {
    isOver = true;
    signal.removeEventListener('abort', onAbort);
    kill(channel);
  }
}

interface OpenChannel {
  readonly opened: ClientChannel;
  readonly exit: Promise<LinesEnd>;
}

function openChannel(link: Link, command: string, isOver: () => boolean): Promise<OpenChannel> {
  return new Promise((resolve, reject) => {
    try {
      link.client.exec(command, (error, opened) => {
        if (isOver()) kill(opened);
        else if (error) reject(noChannel(error));
        // A short command has ended with the packets of this very turn: who listens later hears nothing of it.
        else resolve({ opened, exit: exitOf(opened) });
      });
    } catch (cause) {
      // ssh2 throws when its socket has ended and its events have not come yet.
      reject(new OssiaError('nas_unreachable', 'The connection was lost before the command was sent.', { cause }));
    }
  });
}

function exitOf(channel: ClientChannel): Promise<LinesEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<LinesEnd>();
  promise.catch(() => undefined);
  let stderr = '';
  let exitCode: number | null = null;
  channel.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < keptStderr) stderr += chunk.toString('utf8');
  });
  channel.on('exit', (code: number | null) => {
    exitCode = code;
  });
  channel.on('close', () => {
    if (exitCode !== null) resolve({ exitCode, stderr });
    // When the connection is lost its channels close first: the loss, a turn later, tells more than this does.
    else setImmediate(() => reject(new OssiaError('nas_protocol', 'The command ended without an exit status.')));
  });
  return promise;
}

async function* linesOf(channel: ClientChannel, ended: Promise<never>): AsyncGenerator<string[], void> {
  // Destroyed at its end, a channel would forget the exit status that comes after it.
  const chunks = channel.iterator({ destroyOnReturn: false });
  const decoder = new StringDecoder('utf8');
  let begun = '';
  let lines: string[] = [];
  let chars = 0;
  for (;;) {
    const step = await Promise.race([chunks.next().catch(brokenChannel), ended]);
    const pieces = (begun + (step.done ? decoder.end() : decoder.write(step.value))).split('\n');
    begun = step.done ? '' : (pieces.pop() ?? '');
    if (step.done && pieces.at(-1) === '') pieces.pop();
    if (begun.length > longestLine || pieces.some((line) => line.length > longestLine))
      throw new OssiaError('nas_protocol', `The command printed a line of more than ${longestLine} characters.`);
    for (const line of pieces) {
      lines.push(line);
      chars += line.length;
      if (lines.length < partLines && chars < partChars) continue;
      yield lines;
      lines = [];
      chars = 0;
    }
    if (!step.done) continue;
    if (lines.length > 0) yield lines;
    return;
  }
}

/** A channel that breaks off ends like one that is closed: that it had no exit status tells. */
function brokenChannel(): IteratorResult<Buffer> {
  return { done: true, value: undefined };
}

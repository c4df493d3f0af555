// One open connection to a router: commands out under tags, their answers back, every promise settled whatever happens.
import type { Socket } from 'node:net';
import { OssiaError } from '../../errors.ts';
import type { Charset } from './charset.ts';
import { armDeadline, type Deadline, isOver, overError } from './deadline.ts';
import { parseReply, type ReplySentence } from './reply.ts';
import { createSentenceParser, encodeSentence } from './sentence.ts';

export interface Answer {
  readonly rows: readonly Record<string, string>[];
  /** What the closing `!done` carried: `ret` after an add. */
  readonly done: Record<string, string>;
}

export interface Call extends Deadline {
  /** Called when the command goes out; never, when it does not. */
  readonly onSent?: () => void;
  /** Takes each row as it comes; the answer then has none. */
  readonly onRow?: (row: Record<string, string>) => void;
}

export interface Link {
  /** Rejects with an OssiaError only: by the router's `!trap`, by the deadline, or because the connection ended. */
  request(words: readonly string[], call: Call): Promise<Answer>;
  /** The same without a tag, for the login, which old routers answer untagged. */
  requestUntagged(words: readonly string[], deadline: Deadline): Promise<Answer>;
  /** Nothing more is read from the router until `resume`, for any command. */
  pause(): void;
  resume(): void;
  close(): void;
}

interface LinkOptions {
  readonly socket: Socket;
  readonly charset: Charset;
  /** Called once when the connection is over, whoever ended it. */
  readonly onEnd: (reason: OssiaError) => void;
}

interface Pending {
  readonly rows: Record<string, string>[];
  bytes: number;
  trap: OssiaError | null;
  readonly onRow: Call['onRow'];
  settle(result: Answer | OssiaError): void;
}

/** All rows of one answer; a table of a hundred thousand entries has a tenth of that. */
export const maxAnswerBytes = 128 * 1024 * 1024;
/** A `/cancel` that takes longer means that nobody is there. */
const cancelTimeoutMs = 2_000;

export function createLink({ socket, charset, onEnd }: LinkOptions): Link {
  const pending = new Map<string, Pending>();
  const parser = createSentenceParser();
  let lastTag = 0;
  let ended: OssiaError | null = null;

  socket.on('data', (chunk: Buffer) => {
    try {
      for (const words of parser.push(chunk)) receive(words);
    } catch (error) {
      end(error instanceof OssiaError ? error : new OssiaError('internal', 'The answer could not be read.'));
    }
  });
  socket.on('error', (cause: NodeJS.ErrnoException) =>
    end(new OssiaError('nas_unreachable', `The connection broke (${cause.code ?? cause.message}).`, { cause })),
  );
  socket.on('end', () => end(new OssiaError('nas_unreachable', 'The router closed the connection.')));
  socket.on('close', () => end(new OssiaError('nas_unreachable', 'The connection is closed.')));
  if (socket.destroyed) end(new OssiaError('nas_unreachable', 'The connection is closed.'));

  function receive(words: readonly Buffer[]): void {
    if (ended !== null) return;
    const sentence = parseReply(words.map((word) => charset.decode(word)));
    if (sentence.reply === '!fatal') {
      const said = sentence.rest.join(' ') || (sentence.properties['message'] ?? '');
      end(
        new OssiaError('nas_unreachable', `The router ended the connection: ${said || 'no reason given'}.`, { said }),
      );
      return;
    }
    // Nobody waits for a cancelled command's last words.
    const command = pending.get(sentence.tag);
    if (command === undefined) return;
    if (command.onRow === undefined) command.bytes += words.reduce((sum, word) => sum + word.length, 0);
    if (command.bytes > maxAnswerBytes) command.settle(new OssiaError('nas_protocol', 'The answer is endless.'));
    else apply(command, sentence);
  }

  function end(reason: OssiaError): void {
    if (ended !== null) return;
    ended = reason;
    socket.destroy();
    for (const command of [...pending.values()]) command.settle(reason);
    onEnd(reason);
  }

  function cancel(tag: string): void {
    const deadline = { signal: new AbortController().signal, deadline: Date.now() + cancelTimeoutMs };
    send(['/cancel', `=tag=${tag}`], String(++lastTag), deadline).catch((error: OssiaError) => {
      if (error.code === 'nas_timeout') end(new OssiaError('nas_unreachable', 'The router answers nothing any more.'));
    });
  }

  function send(words: readonly string[], tag: string, call: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (ended !== null) throw ended;
      if (isOver(call)) throw overError(call);
      const tagWords = tag === '' ? [] : [`.tag=${tag}`];
      const bytes = encodeSentence([...words, ...tagWords].map(charset.encode));
      const settle = (result: Answer | OssiaError) => {
        disarm();
        pending.delete(tag);
        if (result instanceof OssiaError) reject(result);
        else resolve(result);
      };
      pending.set(tag, { rows: [], bytes: 0, trap: null, onRow: call.onRow, settle });
      const disarm = armDeadline(call, (error) => {
        pending.get(tag)?.settle(error);
        if (ended === null && tag !== '' && words[0] !== '/cancel') cancel(tag);
      });
      call.onSent?.();
      socket.write(bytes);
    });
  }

  return {
    request: (words, call) => send(words, String(++lastTag), call),
    requestUntagged: (words, deadline) => send(words, '', deadline),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => end(new OssiaError('aborted', 'The connection to the router was closed by us.')),
  };
}

function apply(command: Pending, { reply, properties }: ReplySentence): void {
  if (reply === '!re') {
    if (command.onRow) command.onRow(properties);
    else command.rows.push(properties);
  } else if (reply === '!trap') command.trap ??= trapError(properties);
  else if (reply === '!done') command.settle(command.trap ?? { rows: command.rows, done: properties });
  // RouterOS 7.18 and later say so in front of `!done` when there are no rows.
  else if (reply !== '!empty') {
    command.settle(new OssiaError('nas_protocol', `The router answered with the unknown reply ${reply.slice(0, 40)}.`));
  }
}

/** Category 2 is "execution interrupted": somebody else's cancel, or a router on its way down. */
function trapError(properties: Record<string, string>): OssiaError {
  const said = properties['message'] ?? '';
  const category = Number(properties['category']);
  return new OssiaError(
    category === 2 ? 'nas_busy' : 'nas_refused',
    `The router refused: ${said || 'no reason given'}`,
    {
      said,
      details: Number.isInteger(category) && properties['category'] !== '' ? { category } : {},
    },
  );
}

// Sends changes of jobs and of sessions to everybody who follows them: server-sent events, bounded per follower.
import type { ServerResponse } from 'node:http';
import { OssiaError } from '../errors.ts';
import type { Job } from '../model/job.ts';
import type { Session } from '../model/session.ts';
import type { SessionTransition } from '../sessions/book.ts';
import type { ApiDependencies } from './deps.ts';
import { noSessions } from './no-sessions.ts';
import { jobAnswer } from './schemas/job.ts';
import { sessionChangeAnswer } from './schemas/session.ts';

const mostFollowers = 200;
/** A follower that reads slower than this much behind is let go: it comes back and asks for the state of now. */
const mostBehindBytes = 1_048_576;
const heartbeatMs = 15_000;

/** Null: changes of this kind are not wanted. */
export interface Following {
  readonly job: ((job: Job) => boolean) | null;
  readonly session: ((session: Session) => boolean) | null;
}

export interface Feed {
  /** Writes the head of the answer and keeps it until the follower leaves or the feed closes. */
  follow(response: ServerResponse, following: Following): void;
  close(): void;
}

type FeedDependencies = Pick<ApiDependencies, 'onJobChange' | 'directory' | 'sessions'>;

export function createFeed({ onJobChange, directory, sessions }: FeedDependencies): Feed {
  const { book } = sessions ?? noSessions;
  const jobs = createChannel({
    subscribe: onJobChange,
    textOf: (job) => `event: job\ndata: ${JSON.stringify(jobAnswer(job, directory))}\n\n`,
  });
  const changes = createChannel<SessionTransition>({
    subscribe: book.onChange,
    textOf: (change) => `event: session\ndata: ${JSON.stringify(sessionChangeAnswer(change))}\n\n`,
  });
  const followers = new Set<ServerResponse>();
  let heartbeat: NodeJS.Timeout | undefined;
  let closed = false;

  function beat(): void {
    for (const response of followers) write(response, ': still here\n\n');
  }

  function leave(response: ServerResponse): void {
    followers.delete(response);
    jobs.remove(response);
    changes.remove(response);
    if (followers.size === 0) clearInterval(heartbeat);
  }

  return {
    follow(response, { job, session }) {
      if (closed) throw new OssiaError('stopping', 'The daemon is stopping.');
      if (followers.size >= mostFollowers)
        throw new OssiaError('overloaded', `${mostFollowers} others follow the stream already.`);
      // Refuses when there are no sessions, and must do so before anything is written.
      if (session !== null) changes.add(response, (change) => session(change.session));
      if (job !== null) jobs.add(response, job);
      if (followers.size === 0) heartbeat = setInterval(beat, heartbeatMs).unref();
      followers.add(response);
      response.once('close', () => leave(response));
      response.on('error', () => leave(response));
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.write(': following\n\n');
    },
    close() {
      closed = true;
      for (const response of followers) response.end();
    },
  };
}

interface Channel<Change> {
  add(response: ServerResponse, matches: (change: Change) => boolean): void;
  remove(response: ServerResponse): void;
}

interface ChannelOptions<Change> {
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  readonly textOf: (change: Change) => string;
}

/** Subscribes only while somebody follows: changes cost nothing otherwise. */
function createChannel<Change>({ subscribe, textOf }: ChannelOptions<Change>): Channel<Change> {
  const followers = new Map<ServerResponse, (change: Change) => boolean>();
  let stop: (() => void) | undefined;

  function tell(change: Change): void {
    let text: string | undefined;
    for (const [response, matches] of followers) {
      if (!matches(change)) continue;
      text ??= textOf(change);
      write(response, text);
    }
  }

  return {
    add(response, matches) {
      stop ??= subscribe(tell);
      followers.set(response, matches);
    },
    remove(response) {
      if (!followers.delete(response) || followers.size > 0) return;
      stop?.();
      stop = undefined;
    },
  };
}

function write(response: ServerResponse, text: string): void {
  if (response.writableLength > mostBehindBytes) response.destroy();
  else response.write(text);
}

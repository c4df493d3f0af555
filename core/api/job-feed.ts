// Sends changes of jobs to everybody who follows them: server-sent events, bounded per follower.
import type { ServerResponse } from 'node:http';
import { OssiaError } from '../errors.ts';
import type { Job } from '../model/job.ts';
import type { ApiDependencies } from './deps.ts';
import { jobAnswer } from './schemas/job.ts';

const mostFollowers = 200;
/** A follower that reads slower than this much behind is let go: it comes back and asks for the state of now. */
const mostBehindBytes = 1_048_576;
const heartbeatMs = 15_000;

export interface JobFeed {
  /** Writes the head of the answer and keeps it until the follower leaves or the feed closes. */
  follow(response: ServerResponse, matches: (job: Job) => boolean): void;
  close(): void;
}

export function createJobFeed({ onJobChange, directory }: Pick<ApiDependencies, 'onJobChange' | 'directory'>): JobFeed {
  const followers = new Map<ServerResponse, (job: Job) => boolean>();
  let stopListening: (() => void) | undefined;
  let closed = false;

  function write(response: ServerResponse, text: string): void {
    if (response.writableLength > mostBehindBytes) response.destroy();
    else response.write(text);
  }

  /** Only while somebody follows: changes cost nothing otherwise. */
  function listen(): () => void {
    const unsubscribe = onJobChange((job) => {
      let text: string | undefined;
      for (const [response, matches] of followers) {
        if (!matches(job)) continue;
        text ??= `event: job\ndata: ${JSON.stringify(jobAnswer(job, directory))}\n\n`;
        write(response, text);
      }
    });
    const heartbeat = setInterval(() => {
      for (const response of followers.keys()) write(response, ': still here\n\n');
    }, heartbeatMs);
    heartbeat.unref();
    return () => {
      unsubscribe();
      clearInterval(heartbeat);
    };
  }

  function leave(response: ServerResponse): void {
    followers.delete(response);
    if (followers.size > 0) return;
    stopListening?.();
    stopListening = undefined;
  }

  return {
    follow(response, matches) {
      if (closed) throw new OssiaError('stopping', 'The daemon is stopping.');
      if (followers.size >= mostFollowers)
        throw new OssiaError('overloaded', `${mostFollowers} others follow the stream already.`);
      stopListening ??= listen();
      followers.set(response, matches);
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
      for (const response of followers.keys()) response.end();
    },
  };
}

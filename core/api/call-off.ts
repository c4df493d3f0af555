// How long an answer is worked on: while somebody waits for it, and never longer than a request may take.
import type { ServerResponse } from 'node:http';
import { OssiaError } from '../errors.ts';

/** Below the bound of all requests, so that what is there by then can still be said. */
const longestMs = 25_000;

export function callOff(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new OssiaError('aborted', 'Nobody waits for the answer any more.')));
  return AbortSignal.any([gone.signal, AbortSignal.timeout(longestMs)]);
}

// What the status of a REST answer that is no success means, with the router's own words.
import { type Code, OssiaError } from '../../../errors.ts';

/** `body` is JSON with `error`, `message` and `detail` where RouterOS itself says no. */
export function refusalOf(status: number, body: Buffer): OssiaError {
  const said = wordsOf(body);
  const details = { status };
  if (status === 401 || status === 403)
    return new OssiaError(
      'nas_auth',
      `The router does not let us in: ${said || status}. Name, password, and the policies rest-api and api of its group are asked.`,
      { said, details },
    );
  if (status === 404 && said === '')
    return new OssiaError('nas_refused', 'There is no REST at this address: it is in RouterOS 7.1 and later.', {
      said: 'Not Found',
      details,
    });
  return new OssiaError(codeOf(status, said), `The router refused: ${said || `status ${status}`}`, { said, details });
}

function codeOf(status: number, said: string): Code {
  // RouterOS answers 500 also for what the user may not do, and 400 for what took longer than its 60 seconds.
  if (/not allowed|not enough permissions/.test(said)) return 'nas_refused';
  if (status >= 500 || status === 408 || status === 429 || said === 'Session closed') return 'nas_busy';
  return status >= 400 ? 'nas_refused' : 'nas_protocol';
}

function wordsOf(body: Buffer): string {
  try {
    const answer: unknown = JSON.parse(body.toString('utf8'));
    if (typeof answer !== 'object' || answer === null) return '';
    const { detail, message } = answer as { readonly detail?: unknown; readonly message?: unknown };
    return ([detail, message].find((text) => typeof text === 'string' && text !== '') as string | undefined) ?? '';
  } catch {
    return '';
  }
}

// Logs in to a router: by the plain login of RouterOS 6.43 and later, or by the MD5 challenge of older ones where the profile wants that.
import { createHash } from 'node:crypto';
import { OssiaError } from '../../errors.ts';
import type { Charset } from './charset.ts';
import type { Deadline } from './deadline.ts';
import type { Answer, Link } from './link.ts';

/** `challenge`: whoever listens, or stands in for the router, gets an MD5 over the password to try words on. Never unasked. */
export const logins = ['plain', 'challenge'] as const;
export type Login = (typeof logins)[number];

interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly login: Login;
  readonly charset: Charset;
}

export async function login(link: Link, credentials: Credentials, deadline: Deadline): Promise<void> {
  const { user, password } = credentials;
  const name = `=name=${user}`;
  if (credentials.login === 'challenge') {
    // Without the password, which an old router would not even look at.
    const challenge = challengeOf(await ask(link, [], deadline));
    await ask(link, [name, `=response=00${digestOf(credentials, challenge)}`], deadline);
    return;
  }
  const answer = await ask(link, [name, `=password=${password}`], deadline);
  if (answer.done['ret'] === undefined) return;
  throw new OssiaError(
    'nas_auth',
    'The router asks for the login of RouterOS before 6.43, which shows an MD5 of the password. Where that may be, the profile says login: challenge.',
  );
}

function challengeOf({ done: { ret } }: Answer): Buffer {
  if (ret === undefined)
    throw new OssiaError(
      'nas_auth',
      'The router has no challenge for us: it is RouterOS 6.43 or later, so the profile needs no login: challenge.',
    );
  if (!/^([0-9a-f]{2})+$/i.test(ret))
    throw new OssiaError('nas_protocol', 'The router answered the login with something that is no challenge.');
  return Buffer.from(ret, 'hex');
}

function digestOf({ password, charset }: Credentials, challenge: Buffer): string {
  return createHash('md5')
    .update(Buffer.from([0]))
    .update(charset.encode(password))
    .update(challenge)
    .digest('hex');
}

async function ask(link: Link, words: readonly string[], deadline: Deadline): Promise<Answer> {
  try {
    return await link.requestUntagged(['/login', ...words], deadline);
  } catch (error) {
    if (!(error instanceof OssiaError) || error.code !== 'nas_refused') throw error;
    throw new OssiaError('nas_auth', `The router does not let us in: ${error.said || 'no reason given'}`, {
      said: error.said ?? '',
      details: error.details,
    });
  }
}

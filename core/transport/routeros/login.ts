// Logs in to a router: the plain login of RouterOS 6.43 and later, the MD5 challenge of older ones when they ask for it.
import { createHash } from 'node:crypto';
import { OssiaError } from '../../errors.ts';
import type { Charset } from './charset.ts';
import type { Deadline } from './deadline.ts';
import type { Answer, Link } from './link.ts';

interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly charset: Charset;
}

export async function login(link: Link, credentials: Credentials, deadline: Deadline): Promise<void> {
  const { user, password, charset } = credentials;
  const name = `=name=${user}`;
  const answer = await ask(link, [name, `=password=${password}`], deadline);
  const challenge = answer.done['ret'];
  if (challenge === undefined) return;
  if (!/^([0-9a-f]{2})+$/i.test(challenge)) {
    throw new OssiaError('nas_protocol', 'The router answered the login with something that is no challenge.');
  }
  const digest = createHash('md5')
    .update(Buffer.from([0]))
    .update(charset.encode(password))
    .update(Buffer.from(challenge, 'hex'))
    .digest('hex');
  await ask(link, [name, `=response=00${digest}`], deadline);
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

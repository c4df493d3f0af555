// From the first byte of a box to its prompt: what it asks is answered, its name is learned from a prompt that comes twice.
import { OssiaError } from '../../errors.ts';
import type { CallContext } from '../transport.ts';
import type { CliConfig } from './config.ts';
import { nameIn } from './prompt.ts';
import type { Finding, Screen } from './screen.ts';
import type { Wire } from './wire.ts';

interface LoginRun {
  readonly wire: Wire;
  readonly screen: Screen;
  readonly config: CliConfig;
  readonly context: CallContext;
}

interface Step extends Finding {
  readonly sees: 'user' | 'password' | 'failed' | 'question' | 'prompt';
  /** To a question. */
  readonly say?: string;
}

/** A banner comes in pieces, and a line of it may look like a prompt. */
const leastQuiet = 150;
const mostSteps = 12;
const longestLine = 1_000;

/** Resolves with the prompt where it landed, and the box's name as that has it. */
export async function login({
  wire,
  screen,
  config,
  context,
}: LoginRun): Promise<{ readonly prompt: string; readonly name: string }> {
  const { platform, user, password } = config;
  const box = `${config.host}:${config.port}`;
  const settle = Math.max(config.settle, leastQuiet);
  const refused = (said: string) =>
    new OssiaError('nas_auth', `${box} does not accept the credentials of ${user ?? 'telnet'}.`, { said });
  let isAsked = false;
  let prompt = '';

  function look(): Step | null {
    const line = screen.lastLine().slice(-longestLine);
    if (isAsked && platform.login.failed.test(screen.tail(2_000).slice(-2_000))) return { sees: 'failed', settle };
    if (platform.login.user.test(line)) return { sees: 'user', settle };
    if (platform.login.password.test(line)) return { sees: 'password', settle };
    if (/press (?:any key|return|enter)\b/i.test(line)) return { sees: 'question', say: '', settle };
    const say = platform.questions.find(({ when }) => when.test(line))?.say;
    if (say != null) return { sees: 'question', say, settle };
    return nameIn(line, platform) === null ? null : { sees: 'prompt', settle };
  }

  for (let step = 0; step < mostSteps; step += 1) {
    const { sees, say = '' } = await screen.wait({ look, context, late: (shown) => noPrompt(box, shown) });
    const line = screen.lastLine();
    if (isAsked && (sees === 'failed' || sees === 'user' || sees === 'password'))
      throw refused(screen.tail(500).trim().slice(-500));
    screen.clear();
    if (sees === 'user') {
      if (user === undefined) throw new OssiaError('nas_auth', `${box} asks for a user, and the profile has none.`);
      context.record({ kind: 'sent', text: `(login as ${user})` });
      wire.write(user + platform.enter);
    } else if (sees === 'password') {
      if (password === undefined)
        throw new OssiaError('nas_auth', `${box} asks for a password, and the profile has none.`);
      isAsked = true;
      context.record({ kind: 'sent', text: '(the password)' });
      wire.write(password + platform.enter);
    } else {
      if (sees === 'prompt' && line === prompt) return { prompt, name: nameIn(line, platform) as string };
      prompt = sees === 'prompt' ? line : '';
      wire.write(say + platform.enter);
    }
  }
  throw new OssiaError('nas_protocol', `${box} comes to no prompt of ${platform.name}.`, { said: prompt });
}

function noPrompt(box: string, shown: string): OssiaError {
  const but = shown === '' ? '' : ` It shows: ${shown.slice(0, 200)}`;
  return new OssiaError('nas_timeout', `${box} did not come to a prompt in time.${but}`, { said: shown.slice(0, 500) });
}

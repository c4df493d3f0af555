// One login at a box and its dialog, a line at a time. Whatever breaks it leaves it unusable, and it is never used again.
import { OssiaError } from '../../errors.ts';
import { callEnded } from '../ssh/call-ended.ts';
import type { CallContext } from '../transport.ts';
import { answerText, refusalIn } from './answer.ts';
import { echoLength, isEcho } from './clean.ts';
import type { CliConfig } from './config.ts';
import { login } from './login.ts';
import type { Mode } from './platform.ts';
import { createPrompts, type Prompts } from './prompt.ts';
import { createScreen, type Finding, type Screen } from './screen.ts';
import { lateAnswer, noEcho, notIn, unanswered, unknown } from './session-failure.ts';
import { openSshWire } from './ssh-wire.ts';
import { openTelnetWire } from './telnet-wire.ts';
import { turnAt } from './turn.ts';
import type { Wire } from './wire.ts';

export interface Session {
  /** @throws `nas_refused` when a failure text answers; the session stands at a prompt then, and `modes` tells at which. */
  command(command: Command): Promise<string>;
  /** A return, and the prompt that comes back. */
  poke(context: CallContext): Promise<void>;
  /** Where the box waits now; empty when nobody knows. */
  modes(): readonly Mode[];
  /** It waits where it waited after the login, and has said nothing since. */
  isReady(): boolean;
  close(reason: OssiaError): void;
}

export interface Command {
  readonly line: string;
  /** What to say when the box asks; null: it is not answered. */
  readonly answers: Readonly<Record<string, string>> | null;
  readonly context: CallContext;
}

/** How long a box may take to show what was typed. */
const echoPatience = 10_000;
const mostQuestions = 20;

interface Risen extends Finding {
  readonly here: readonly Mode[];
}

export async function openSession(config: CliConfig, context: CallContext): Promise<Session> {
  const wire = config.via === 'ssh' ? openSshWire(config) : openTelnetWire(config);
  const screen = createScreen(wire, { settle: config.settle, maxOutput: config.max_output });
  const onAbort = () => wire.close(callEnded(context, notIn(config)));
  context.signal.addEventListener('abort', onAbort, { once: true });
  if (context.signal.aborted) onAbort();
  try {
    await wire.ready;
    context.signal.removeEventListener('abort', onAbort);
    const { name, prompt } = await login({ wire, screen, config, context });
    const prompts = createPrompts(name, config.platform);
    const session = createSession({ wire, screen, config, prompts, landed: prompts.modesOf(prompt) });
    await session.settleIn(context);
    return session;
  } catch (error) {
    wire.close(error as OssiaError);
    throw error;
  } finally {
    context.signal.removeEventListener('abort', onAbort);
  }
}

interface Parts {
  readonly wire: Wire;
  readonly screen: Screen;
  readonly config: CliConfig;
  readonly prompts: Prompts;
  /** Where the login led. */
  readonly landed: readonly Mode[];
}

function createSession({
  wire,
  screen,
  config,
  prompts,
  landed,
}: Parts): Session & { settleIn(context: CallContext): Promise<void> } {
  const { platform } = config;
  const box = `${config.host}:${config.port}`;
  let modes = landed;
  let home: Mode = 'exec';
  screen.clear();

  /** Sends the line only when the box shows it as it was typed: what it would run is then what was meant. */
  async function type(line: string, context: CallContext): Promise<void> {
    if (!screen.isEmpty()) throw unknown(box, screen.tail(500));
    wire.write(line);
    if (config.echo && line !== '') {
      const patience = AbortSignal.timeout(Math.min(echoPatience, Math.max(1, context.deadline - Date.now())));
      const signal = AbortSignal.any([context.signal, patience]);
      const late = () => noEcho(box, line, screen.tail(500));
      await screen.wait({
        look: () => (isEcho(screen.tail(echoLength(line)), line) ? { settle: 0 } : null),
        context: { ...context, signal },
        late,
      });
    }
    screen.clear();
    wire.write(platform.enter);
  }

  async function answered({ line, answers, context }: Command): Promise<string> {
    const late = (shown: string) => lateAnswer(line, shown);
    for (let questions = 0; ; ) {
      const turn = await screen.wait({
        look: () => turnAt(screen.lastLine(), { answers, platform, prompts, settle: config.settle }),
        context,
        late,
      });
      if (turn.sees === 'prompt') {
        modes = turn.modes ?? [];
        return answerText(screen.text() + (turn.rest ?? ''), platform);
      }
      if (turn.sees === 'page') {
        screen.cutLastLine(platform.pager.mark);
        wire.write(platform.pager.key);
        continue;
      }
      const asked = screen.lastLine();
      questions += 1;
      if (turn.say == null || questions > mostQuestions) throw unanswered(line, asked);
      context.record({ kind: 'received', text: asked });
      context.record({ kind: 'sent', text: turn.say === '' ? '(return)' : turn.say });
      const begun = screen.endings();
      wire.write(turn.say + platform.enter);
      // Until the line has ended, it is still the question that was answered.
      const isOver = () => screen.endings() > begun || !screen.lastLine().startsWith(asked);
      await screen.wait({ look: () => (isOver() ? { settle: 0 } : null), context, late });
    }
  }

  async function command(given: Command): Promise<string> {
    const { line, context } = given;
    modes = [];
    try {
      context.record({ kind: 'sent', text: line });
      await type(line, context);
      const text = await answered(given);
      screen.clear();
      if (text !== '') context.record({ kind: 'received', text });
      const refusal = refusalIn(text, line, platform);
      if (refusal !== null) throw refusal;
      return text;
    } catch (error) {
      // Anything but the box's own no leaves it in the middle of something.
      if (modes.length === 0) wire.close(error as OssiaError);
      throw error;
    }
  }

  async function poke(context: CallContext): Promise<void> {
    modes = [];
    screen.clear();
    wire.write(platform.enter);
    await answered({ line: '', answers: null, context });
    screen.clear();
  }

  async function rise(context: CallContext): Promise<void> {
    const { privilege } = platform;
    if (privilege === null || config.enable_password === undefined || modes.includes('privileged')) return;
    const denied = () => new OssiaError('nas_auth', `${box} does not accept the enable password.`);
    context.record({ kind: 'sent', text: privilege.command });
    await type(privilege.command, context);
    for (let asked = 0; ; asked += 1) {
      const seen = await screen.wait({
        look: (): Risen | null => {
          const line = screen.lastLine();
          const here = prompts.modesOf(line);
          return here.length > 0 || privilege.password.test(line) ? { here } : null;
        },
        context,
        late: (shown) => lateAnswer(privilege.command, shown),
      });
      const said = screen.text().trim();
      screen.clear();
      modes = seen.here;
      if (modes.includes('privileged')) return;
      if (modes.length > 0 && asked === 0) throw refusalIn(said, privilege.command, platform) ?? denied();
      if (modes.length > 0 || asked > 0) throw denied();
      context.record({ kind: 'sent', text: '(the enable password)' });
      wire.write(config.enable_password + platform.enter);
    }
  }

  return {
    command,
    poke,
    modes: () => modes,
    isReady: () => !wire.lost.aborted && screen.isEmpty() && modes.includes(home),
    close: wire.close,
    async settleIn(context) {
      await rise(context);
      home = modes.includes('privileged') ? 'privileged' : 'exec';
      for (const line of platform.prepare)
        await command({ line, answers: null, context }).catch((error: OssiaError) => {
          // It pages and wraps then, which is seen to.
          if (error.code !== 'nas_refused' || wire.lost.aborted) throw error;
        });
    },
  };
}

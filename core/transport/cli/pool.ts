// The sessions of one box: at most so many, used again, closed when idle; one whose state is not known is never used again.
import { OssiaError } from '../../errors.ts';
import { callEnded } from '../ssh/call-ended.ts';
import { createChannelSlots } from '../ssh/channel-slots.ts';
import type { CallContext, TransportEnvironment } from '../transport.ts';
import type { CliConfig } from './config.ts';
import { openSession, type Session } from './session.ts';

export interface Pool {
  use<Result>(context: CallContext, work: (session: Session) => Promise<Result>): Promise<Result>;
  /** Logs in anew, to see whether the box lets us in; false when all sessions are taken. */
  tryFresh(context: CallContext): Promise<boolean>;
  close(): Promise<void>;
}

interface Idle {
  readonly session: Session;
  readonly timer: NodeJS.Timeout;
}

export function createPool(config: CliConfig, environment: TransportEnvironment): Pool {
  const box = `${config.host}:${config.port}`;
  const slots = createChannelSlots(config.max_sessions, () => undefined);
  const idle: Idle[] = [];
  const open = new Set<Session>();
  let opening = 0;
  const closing = new AbortController();
  const ended = () => new OssiaError('aborted', `The command line of ${box} is closed.`);

  function drop(session: Session, why: string): void {
    open.delete(session);
    session.close(new OssiaError('aborted', why));
  }

  function keep(session: Session): void {
    const timer = setTimeout(() => {
      idle.splice(idle.indexOf(entry), 1);
      drop(session, `${box} had nothing to do.`);
    }, config.idle);
    timer.unref();
    const entry = { session, timer };
    idle.push(entry);
  }

  function giveBack(session: Session): void {
    if (session.isReady() && !closing.signal.aborted) keep(session);
    else drop(session, `The session at ${box} was left in the middle of something.`);
  }

  function takeIdle(): Session | undefined {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      clearTimeout(entry.timer);
      if (entry.session.isReady()) return entry.session;
      drop(entry.session, `The session at ${box} is no longer what it was.`);
    }
    return undefined;
  }

  async function fresh(context: CallContext): Promise<Session> {
    // One that is idle would be one more than there may be.
    if (open.size + opening >= config.max_sessions) {
      const spare = takeIdle();
      if (spare !== undefined) drop(spare, `${box} is asked for another session.`);
    }
    opening += 1;
    const session = await openSession(config, context).finally(() => {
      opening -= 1;
    });
    open.add(session);
    environment.log('info', `logged in to ${box} by ${config.via}`);
    return session;
  }

  async function within<Result>(
    context: CallContext,
    work: (context: CallContext) => Promise<Result>,
  ): Promise<Result> {
    return work({ ...context, signal: AbortSignal.any([context.signal, closing.signal]) });
  }

  return {
    async use(context, work) {
      if (closing.signal.aborted) throw ended();
      const release = await slots.take(context.signal);
      if (release === null) throw callEnded(context, noTurn(box));
      try {
        return await within(context, async (bounded) => {
          const session = takeIdle() ?? (await fresh(bounded));
          try {
            return await work(session);
          } finally {
            giveBack(session);
          }
        });
      } finally {
        release();
      }
    },

    async tryFresh(context) {
      if (slots.taken() >= config.max_sessions) return false;
      const release = await slots.take(context.signal);
      if (release === null) throw callEnded(context, noTurn(box));
      try {
        giveBack(await within(context, fresh));
        return true;
      } finally {
        release();
      }
    },

    async close() {
      closing.abort(ended());
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      for (const session of open) drop(session, `The command line of ${box} was closed.`);
    },
  };
}

const noTurn = (box: string) =>
  new OssiaError('nas_timeout', `All sessions at ${box} were taken until the deadline; nothing was sent.`);

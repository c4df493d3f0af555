// Keeps one SSH connection per box: opened by the first command, shared, closed when idle, opened anew after a loss.
import { OssiaError } from '../../errors.ts';
import type { CommandResult } from '../../plugin-sdk/device.ts';
import type { CallContext, TransportEnvironment } from '../transport.ts';
import { callEnded } from './call-ended.ts';
import { createChannelSlots } from './channel-slots.ts';
import { type CommandRun, runCommand } from './command.ts';
import type { SshConfig } from './config.ts';
import { type LinesEnd, type LinesRun, runLines } from './lines.ts';
import { type Link, openLink } from './link.ts';

export interface Connection {
  run(run: CommandRun): Promise<CommandResult>;
  lines(run: LinesRun): AsyncGenerator<string[], LinesEnd>;
  close(): Promise<void>;
}

export function createConnection(config: SshConfig, environment: TransportEnvironment): Connection {
  const box = `${config.host}:${config.port}`;
  const slots = createChannelSlots(config.max_channels, startIdleTimer);
  let link: Link | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isClosed = false;

  function startIdleTimer(): void {
    clearTimeout(idle);
    idle = setTimeout(() => link?.close(new OssiaError('aborted', `${box} had nothing to do.`)), config.idle_close);
    idle.unref();
  }

  function currentLink(): Link {
    if (link && !link.lost.aborted) return link;
    const opened = openLink(config);
    link = opened;
    opened.ready.then(
      () => {
        environment.log('info', `connected to ${box} by SSH`);
        opened.lost.addEventListener('abort', () => environment.log('info', `the SSH connection to ${box} ended`));
      },
      () => undefined,
    );
    return opened;
  }

  async function ready(signal: AbortSignal): Promise<Link | null> {
    const opened = currentLink();
    const { promise: aborted, resolve: onAbort } = Promise.withResolvers<null>();
    const listener = () => onAbort(null);
    signal.addEventListener('abort', listener, { once: true });
    try {
      return await Promise.race([opened.ready.then(() => opened), aborted]);
    } finally {
      signal.removeEventListener('abort', listener);
    }
  }

  async function turn(context: CallContext): Promise<() => void> {
    if (isClosed) throw new OssiaError('aborted', `The SSH transport to ${box} is closed.`);
    const release = await slots.take(context.signal);
    if (!release) throw callEnded(context, noTurn(box));
    return release;
  }

  async function linkFor(context: CallContext): Promise<Link> {
    clearTimeout(idle);
    const opened = isClosed ? null : await ready(context.signal);
    if (!opened) throw callEnded(context, noConnection(box));
    return opened;
  }

  async function run(command: CommandRun): Promise<CommandResult> {
    const release = await turn(command.context);
    try {
      return await runCommand(await linkFor(command.context), command);
    } finally {
      release();
    }
  }

  async function* lines(command: LinesRun): AsyncGenerator<string[], LinesEnd> {
    const release = await turn(command.context);
    try {
      return yield* runLines(await linkFor(command.context), command);
    } finally {
      release();
    }
  }

  return {
    run,
    lines,
    async close() {
      isClosed = true;
      clearTimeout(idle);
      link?.close(new OssiaError('aborted', `The SSH transport to ${box} was closed.`));
    },
  };
}

const noTurn = (box: string) =>
  new OssiaError('nas_timeout', `All channels to ${box} were taken until the deadline; nothing was sent.`);

const noConnection = (box: string) =>
  new OssiaError('nas_unreachable', `${box} did not let us in before the deadline; nothing was sent.`);

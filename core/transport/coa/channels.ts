// As many sockets to one NAS as its requests in flight need: 256 Identifiers each, the first one opened by the first request.
import { OssiaError } from '../../errors.ts';
import { type Channel, type ChannelAnswer, type ChannelOptions, type ChannelRequest, openChannel } from './channel.ts';

/** Far above any sensible concurrency to one box. */
const mostChannels = 32;

export interface Channels {
  /** Rejects with what `sign` throws, and with `nas_busy` when thousands are in flight already. */
  send(request: ChannelRequest): Promise<ChannelAnswer>;
  close(): Promise<void>;
}

export function createChannels(
  options: ChannelOptions,
  openOne: () => Promise<Channel> = () => openChannel(options),
): Channels {
  let channels: Channel[] = [];
  let opening: Promise<void> | undefined;
  let closed = false;

  async function open(): Promise<void> {
    const channel = await openOne();
    if (closed) channel.close();
    else channels.push(channel);
  }

  /** After silence the address behind a name, or our own, may be another one: the next request starts afresh. */
  function retire(channel: Channel): void {
    if (!channel.idle() || !channels.includes(channel)) return;
    channels = channels.filter((other) => other !== channel);
    channel.close();
  }

  async function send(request: ChannelRequest): Promise<ChannelAnswer> {
    for (;;) {
      if (closed || request.signal.aborted) return { type: 'aborted' };
      // From here to its `send` nothing may wait: another request would take the Identifier.
      channels = channels.filter((one) => !one.isBroken());
      const channel = channels.find((one) => one.hasRoom());
      if (channel) {
        const answer = await channel.send(request);
        if (answer.type === 'silent' || answer.type === 'unreachable') retire(channel);
        return answer;
      }
      if (channels.length >= mostChannels)
        throw new OssiaError('nas_busy', `${channels.length * 256} requests to ${options.host} wait for an answer`);
      opening ??= open().finally(() => {
        opening = undefined;
      });
      try {
        await settledBy(opening, request);
      } catch (error) {
        return { type: 'unreachable', error: error as NodeJS.ErrnoException };
      }
      if (Date.now() >= request.deadline) return { type: 'silent' };
    }
  }

  return {
    send,
    async close() {
      closed = true;
      for (const channel of channels) channel.close();
      channels = [];
      // A socket that is being opened closes itself.
      await opening?.catch(() => undefined);
    },
  };
}

/** Opening can hang in the name lookup; the caller's deadline and signal hold there too. */
function settledBy(opening: Promise<void>, { signal, deadline }: ChannelRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.max(0, deadline - Date.now()));
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    opening.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}

// A command line over SSH: an interactive shell on a connection of its own, since many boxes serve only one on each.
import { StringDecoder } from 'node:string_decoder';
import type { ClientChannel } from 'ssh2';
import { OssiaError } from '../../errors.ts';
import { openLink } from '../ssh/link.ts';
import type { CliConfig } from './config.ts';
import { columns, createInbox, rows, type Wire } from './wire.ts';

export function openSshWire(config: CliConfig): Wire {
  const { host, port, user, host_key } = config;
  if (user === undefined || host_key === undefined) throw new OssiaError('internal', 'SSH without user or host key.');
  // What it has beyond these is about channels that run one command each.
  const link = openLink({ ...config, user, host_key, idle_close: config.idle, max_channels: 1 });
  const inbox = createInbox();
  let channel: ClientChannel | undefined;

  const ready = link.ready.then(
    () =>
      new Promise<void>((resolve, reject) => {
        link.lost.addEventListener('abort', () => reject(link.lost.reason), { once: true });
        link.client.shell({ term: 'vt100', cols: columns, rows, width: 0, height: 0 }, (error, opened) => {
          if (error) {
            const busy = new OssiaError('nas_busy', `${host}:${port} opens no command line: ${error.message}.`, {
              cause: error,
            });
            reject(busy);
            return link.close(busy);
          }
          channel = opened;
          const decoder = new StringDecoder('utf8');
          opened.on('data', (chunk: Buffer) => inbox.put(decoder.write(chunk)));
          opened.stderr.resume();
          opened.on('error', () => undefined);
          opened.on('close', () =>
            link.close(new OssiaError('nas_unreachable', `${host}:${port} closed the command line.`)),
          );
          resolve();
        });
      }),
  );
  ready.catch(() => undefined);
  return {
    ready,
    lost: link.lost,
    onText: inbox.onText,
    write(text) {
      if (channel?.writable) channel.write(text);
    },
    close: link.close,
  };
}

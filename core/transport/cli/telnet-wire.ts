// A command line over telnet: one TCP connection, the protocol's own bytes kept out of the text.
import { connect } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { OssiaError } from '../../errors.ts';
import type { CliConfig } from './config.ts';
import { createTelnetCodec } from './telnet.ts';
import { createInbox, type Wire } from './wire.ts';

export function openTelnetWire({ host, port, connect_timeout, keepalive }: CliConfig): Wire {
  const lost = new AbortController();
  const inbox = createInbox();
  const codec = createTelnetCodec();
  const decoder = new StringDecoder('utf8');
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  ready.catch(() => undefined);
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepalive });

  function close(error: OssiaError): void {
    if (lost.signal.aborted) return;
    clearTimeout(timer);
    lost.abort(error);
    reject(error);
    socket.destroy();
  }
  const gone = (message: string, cause?: unknown) =>
    close(new OssiaError('nas_unreachable', `${host}:${port}: ${message}.`, { cause }));
  const timer = setTimeout(() => gone('no connection within connect_timeout'), connect_timeout);

  socket.on('connect', () => {
    clearTimeout(timer);
    resolve();
  });
  socket.on('data', (chunk) => {
    const { data, reply } = codec.receive(chunk);
    if (reply.length > 0 && socket.writable) socket.write(reply);
    if (data.length > 0) inbox.put(decoder.write(data));
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => gone(`the connection failed (${cause.code})`, cause));
  socket.on('close', () => gone('the box closed the connection'));
  return {
    ready,
    lost: lost.signal,
    onText: inbox.onText,
    write(text) {
      if (socket.writable) socket.write(codec.send(text));
    },
    close,
  };
}

// A box that speaks lines over TCP on loopback, and the transport that reaches it: a real wire for tests that need no vendor.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { OssiaError } from '#core/errors.ts';
import type { CallContext, TransportDefinition } from '#core/transport/transport.ts';

export interface LineBox {
  readonly port: number;
  /** Commands that it took, without the login. */
  readonly received: string[];
  /** How many logins it saw, and with which secrets. */
  readonly logins: string[];
  /** Commands with this word in them are answered only after the release. */
  hold(word: string): () => void;
  connections(): number;
  close(): Promise<void>;
}

/** `no ...` is refused with the box's own words, `busy ...` put off, all else answered `ok ...`. */
export async function startLineBox(): Promise<LineBox> {
  const received: string[] = [];
  const logins: string[] = [];
  const held = new Map<string, Promise<void>>();
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', async (line) => {
      if (line.startsWith('login ')) {
        logins.push(line.slice('login '.length));
        return;
      }
      received.push(line);
      for (const [word, released] of held) if (line.includes(word)) await released;
      socket.write(`${line.startsWith('no ') || line.startsWith('busy ') ? line : `ok ${line}`}\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The box has no port.');
  return {
    port: bound.port,
    received,
    logins,
    hold(word) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(word, promise);
      return () => {
        held.delete(word);
        resolve();
      };
    },
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const config = z.strictObject({
  host: z.string(),
  port: z.int().min(1).max(65_535),
  secret: z.string().min(6),
});

const args = z.tuple([z.string().max(1000)]);

/** One connection per call. It records its login with the secret in it: masking is then shown to be the caller's work. */
export const lineTransport: TransportDefinition<z.output<typeof config>> = {
  name: 'line',
  config,
  secrets: ['secret'],
  unknownInDryRun: 'Reads were made; what the box answers to a write is not known.',
  methods: { read: { access: 'read', args }, write: { access: 'write', args } },
  connect: (section) => ({
    call: (_method, [line], context) => talk(section, String(line), context),
    describe: (method, [line]) => `login ${section.secret}; ${method} ${String(line)}`,
    close: () => Promise.resolve(),
  }),
};

async function talk(section: z.output<typeof config>, line: string, { signal, record }: CallContext): Promise<string> {
  const socket = connect(section.port, section.host);
  try {
    const failed = once(socket, 'error').then(([error]) => {
      const { code } = error as NodeJS.ErrnoException;
      throw new OssiaError('nas_unreachable', `cannot reach the box with ${section.secret}: ${code}`);
    });
    failed.catch(() => undefined);
    const aborted = once(signal, 'abort').then(() => {
      throw new OssiaError('nas_timeout', 'the box did not answer');
    });
    aborted.catch(() => undefined);
    const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
    await Promise.race([connected, failed, aborted]);
    record({ kind: 'sent', text: `login ${section.secret}; ${line}` });
    socket.write(`login ${section.secret}\n${line}\n`);
    const [answer] = await Promise.race([once(createInterface({ input: socket }), 'line'), failed, aborted]);
    const text = String(answer);
    record({ kind: 'received', text });
    if (text.startsWith('no '))
      throw new OssiaError('nas_refused', `the box refused, our secret was ${section.secret}`, { said: text });
    if (text.startsWith('busy ')) throw new OssiaError('nas_busy', 'the box is busy', { said: text });
    return text;
  } finally {
    socket.destroy();
  }
}

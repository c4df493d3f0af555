// A box that means ill: whatever it sends, each call ends with one error that says what it was, and nothing is kept of it.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { cliTransport } from '#core/transport/cli/cli.ts';
import { cli } from '#plugin-sdk';
import { connectTransport } from '#test/support/transport-call.ts';
import { until } from '#test/support/until.ts';

const releasers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releasers.splice(0).reverse()) await release();
});

/** Speaks telnet, or what it likes. */
async function boxThat(serve: (socket: Socket) => void, more: Record<string, unknown> = {}) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const section = {
    via: 'telnet',
    host: '127.0.0.1',
    port,
    user: 'ossia',
    password: 'secret-9',
    platform: 'cisco-ios',
  };
  const box = connectTransport(cliTransport, { ...section, ...more });
  releasers.push(async () => {
    await box.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { box, connections: () => sockets.size };
}

/** The same bytes every time. */
function* noise(): Generator<number, never> {
  for (let state = 7; ; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield state >>> 24;
  }
}

function bytes(count: number): Buffer {
  const source = noise();
  return Buffer.from(Array.from({ length: count }, () => source.next().value));
}

function pump(socket: Socket, chunk: Buffer): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  write();
}

test.each<[string, Buffer]>([
  ['noise', bytes(60_000)],
  ['a line without end', Buffer.alloc(60_000, 'x')],
  ['lines', Buffer.from('login banner\r\n'.repeat(4_000))],
  ['escape sequences', Buffer.from('\x1b[9999C\x1b['.repeat(5_000))],
  ['prompts', Buffer.from('bras-1#\r\nbras-1#'.repeat(4_000))],
  ['pages', Buffer.from('--More--'.repeat(8_000))],
])('%s without end are cut off at the limit, before a login and after', async (_, chunk) => {
  const { box, connections } = await boxThat((socket) => pump(socket, chunk), { max_output: '1MB' });
  await expect(box.call('read', cli`show version`)).rejects.toMatchObject({ code: 'nas_protocol' });
  expect(connections()).toBeLessThanOrEqual(1);
  const late = await boxThat(
    (socket) => {
      socket.write('bras-1#');
      let lines = 0;
      socket.on('data', () => {
        lines += 1;
        if (lines === 1) socket.write('\r\nbras-1#');
        else if (lines === 2) pump(socket, chunk);
      });
    },
    { max_output: '1MB' },
  );
  await expect(late.box.call('read', cli`show version`)).rejects.toMatchObject({ code: 'nas_protocol' });
});

test('demands of the protocol without end are given up at the deadline', async () => {
  const { box } = await boxThat((socket) => pump(socket, Buffer.from([255, 253, 31, 255, 254, 31])));
  await expect(box.callWithin(700, 'read', cli`show version`)).rejects.toMatchObject({
    code: expect.stringMatching(/^nas_(unreachable|timeout)$/),
  });
});

test('one that asks for the password again and again hears it once', async () => {
  const heard: string[] = [];
  const { box } = await boxThat((socket) => {
    socket.write('Password: ');
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'));
      socket.write('\r\nPassword: ');
    });
  });
  await expect(box.call('read', cli`show version`)).rejects.toMatchObject({ code: 'nas_auth' });
  expect(heard).toEqual(['secret-9\r\0']);
});

test('one that shows something else than was typed does not get the return', async () => {
  const heard: string[] = [];
  const { box } = await boxThat((socket) => {
    socket.write('bras-1#');
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      heard.push(text);
      if (text === '\r\0') socket.write('\r\nbras-1#');
      else socket.write('reload');
    });
  });
  await expect(box.callWithin(3_000, 'run', cli`clear all`)).rejects.toMatchObject({
    code: 'nas_protocol',
    message: expect.stringContaining('return was not pressed'),
  });
  // The login's return, and the first line of the preparation.
  expect(heard).toEqual(['\r\0', 'terminal length 0']);
});

test('one that asks and asks is answered so many times and no more', async () => {
  const { box } = await boxThat((socket) => {
    socket.write('bras-1#');
    let isAsking = false;
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (text === '\r\0' && isAsking) socket.write('\r\nSure? [confirm]');
      else if (text === '\r\0') socket.write('\r\nbras-1#');
      else {
        isAsking = text.startsWith('clear');
        socket.write(text);
      }
    });
  });
  await expect(box.call('run', cli`clear all`)).rejects.toMatchObject({ code: 'nas_refused', said: 'Sure? [confirm]' });
});

test('a login that tries a change counts those under way: no more sessions than there may be', async () => {
  let logins = 0;
  const held: (() => void)[] = [];
  const { box, connections } = await boxThat(
    (socket) => {
      logins += 1;
      // Those after the first three wait for their prompt: logins that are under way.
      const prompt = () => socket.write('bras-1#');
      if (logins > 3) held.push(prompt);
      else prompt();
      let line = '';
      let mode = 'bras-1#';
      socket.on('data', (chunk) => {
        for (const char of chunk.toString('latin1').replaceAll('\0', '')) {
          if (char !== '\r') {
            line += char;
            socket.write(char);
            continue;
          }
          if (line.startsWith('configure terminal')) mode = 'bras-1(config)#';
          else if (line === 'end') mode = 'bras-1#';
          line = '';
          socket.write(`\r\n${mode}`);
        }
      });
    },
    { max_sessions: 4 },
  );
  // One that is idle beside two that try their changes by new logins at the same time.
  await Promise.all([1, 2, 3].map(() => box.call('read', cli`show version`)));
  expect(connections()).toBe(3);
  const changes = [1, 2].map(() => box.call('configure', [cli`shutdown`], { commit: 'confirmed' }));
  await until(() => held.length === 2, 10_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(connections()).toBeLessThanOrEqual(4);
  for (const prompt of held) prompt();
  await Promise.all(changes);
});

// The RouterOS API side of the simulated router: connections, logins, tags.
import { createServer, type Socket } from 'node:net';
import { createSentenceParser, encodeSentence } from '#core/transport/routeros/sentence.ts';
import { propertiesOf, runCommand } from './commands.ts';
import type { Tables } from './tables.ts';

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

interface ApiServerOptions {
  readonly tables: Tables;
  readonly user: string;
  readonly password: string;
  onExchange(words: readonly string[], answer: readonly (readonly string[])[]): void;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    serve(socket, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, options: ApiServerOptions): void {
  const parser = createSentenceParser();
  let isLoggedIn = false;

  function take(words: readonly string[]): void {
    const tag = words.filter((word) => word.startsWith('.tag='));
    const command = words.filter((word) => !word.startsWith('.tag='));
    if (command[0] === '/login') {
      isLoggedIn = isRightLogin(command, options);
      const trap = ['!trap', '=message=invalid user name or password (6)'];
      send(isLoggedIn ? [['!done']] : [trap, ['!done']], tag);
    } else if (!isLoggedIn) {
      socket.end(encodeWords(['!fatal', 'not logged in']));
    } else if (command[0] === '/quit') {
      socket.end(encodeWords(['!fatal', 'session terminated on request']));
    } else if (command[0] === '/cancel') {
      // Every other command is over before the next one is read, so there is nothing left to interrupt.
      send([['!done']], tag);
    } else {
      const answer = runCommand(options.tables, command);
      send(answer, tag);
      options.onExchange(command, answer);
    }
  }

  function send(sentences: readonly (readonly string[])[], tag: readonly string[]): void {
    socket.write(Buffer.concat(sentences.map((words) => encodeWords([...words, ...tag]))));
  }

  socket.on('data', (chunk: Buffer) => {
    try {
      for (const words of parser.push(chunk)) take(words.map((word) => word.toString('utf8')));
    } catch {
      // Like the real one: who does not speak the protocol is cut off.
      socket.destroy();
    }
  });
}

function isRightLogin(command: readonly string[], { user, password }: ApiServerOptions): boolean {
  const given = propertiesOf(command);
  return given['name'] === user && (given['password'] ?? '') === password;
}

function encodeWords(words: readonly string[]): Buffer {
  return encodeSentence(words.map((word) => Buffer.from(word, 'utf8')));
}

// The RouterOS API side of a simulated box: connections, logins, tags; what a sentence does is the box's own.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { createSentenceParser, encodeSentence } from '../transport/routeros/sentence.ts';

export interface RouterOsServer {
  readonly port: number;
  close(): Promise<void>;
}

interface RouterOsServerOptions {
  readonly user: string;
  readonly password: string;
  /** As RouterOS before 6.43: lets nobody in who does not answer its challenge, and says nothing of empty answers. */
  readonly isOld?: boolean;
  /** The sentences of the answer, without tag; the last is `!done`. */
  run(words: readonly string[]): readonly (readonly string[])[];
  onExchange(words: readonly string[], answer: readonly (readonly string[])[]): void;
}

export async function startRouterOsServer(options: RouterOsServerOptions): Promise<RouterOsServer> {
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

/** Of a sentence, the words `=name=value`. */
export function propertiesOf(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs = words.flatMap((word) => {
    const equals = word.indexOf('=', 1);
    return word.startsWith('=') && equals > 0 ? [[word.slice(1, equals), word.slice(equals + 1)]] : [];
  });
  return Object.fromEntries(pairs);
}

function serve(socket: Socket, options: RouterOsServerOptions): void {
  const parser = createSentenceParser();
  const challenge = randomBytes(16).toString('hex');
  let isLoggedIn = false;

  function take(words: readonly string[]): void {
    const tag = words.filter((word) => word.startsWith('.tag='));
    const command = words.filter((word) => !word.startsWith('.tag='));
    if (command[0] === '/login' && options.isOld && !command.some((word) => word.startsWith('=response='))) {
      send([['!done', `=ret=${challenge}`]], tag);
    } else if (command[0] === '/login') {
      isLoggedIn = options.isOld ? isRightAnswer(command, challenge, options) : isRightLogin(command, options);
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
      // Since 7.18.
      const answer = options.run(command).filter(([reply]) => !options.isOld || reply !== '!empty');
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

function isRightLogin(command: readonly string[], { user, password }: RouterOsServerOptions): boolean {
  const given = propertiesOf(command);
  return given['name'] === user && (given['password'] ?? '') === password;
}

function isRightAnswer(command: readonly string[], challenge: string, { user, password }: RouterOsServerOptions) {
  const given = propertiesOf(command);
  const digest = createHash('md5').update('\0').update(password).update(Buffer.from(challenge, 'hex')).digest('hex');
  return given['name'] === user && given['response'] === `00${digest}`;
}

function encodeWords(words: readonly string[]): Buffer {
  return encodeSentence(words.map((word) => Buffer.from(word, 'utf8')));
}

// A router that does exactly what a test tells it to, faults included; it shares the codec with the client, nothing else.
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createSentenceParser, encodeSentence } from '#core/transport/routeros/sentence.ts';

export interface Heard {
  readonly words: readonly string[];
  readonly tag: readonly string[];
  readonly socket: Socket;
  /** Sends one sentence, with the command's tag. */
  reply(...words: readonly string[]): void;
}

export interface ScriptedRouter {
  readonly port: number;
  /** All sentences, in the order of their arrival. */
  readonly heard: readonly (readonly string[])[];
  connections(): number;
}

export function bytesOf(...words: readonly string[]): Buffer {
  return encodeSentence(words.map((word) => Buffer.from(word)));
}

/** Lets everybody in unless the script answers `/login` itself (by returning true). */
export async function startScriptedRouter(script: (heard: Heard) => boolean | undefined): Promise<ScriptedRouter> {
  const heard: (readonly string[])[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => undefined);
    const parser = createSentenceParser();
    socket.on('data', (chunk) => {
      for (const bytes of parser.push(chunk)) {
        const words = bytes.map(String);
        heard.push(words);
        const tag = words.filter((word) => word.startsWith('.tag='));
        const reply = (...answer: readonly string[]) => socket.write(bytesOf(...answer, ...tag));
        const isTaken = script({ words, tag, socket, reply });
        if (words[0] === '/login' && isTaken !== true) reply('!done');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The scripted router has no port.');
  return { port: address.port, heard, connections: () => connections };
}

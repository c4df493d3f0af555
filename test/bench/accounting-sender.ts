// The sender of the accounting bench, a process of its own: keeps so many requests unanswered, and counts the answers.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { verifyResponse } from '#core/transport/radius/authenticator.ts';
import { buildLoad } from './accounting-packets.ts';

export interface SenderOptions {
  readonly port: number;
  readonly seconds: number;
  readonly outstanding: number;
  readonly sockets: number;
  readonly packets: number;
  readonly secret: string;
  readonly run: string;
  /** Check the authenticator of one answer in a thousand; an echo has none. */
  readonly verify: boolean;
}

export interface SenderResult {
  readonly answered: number;
  readonly seconds: number;
  readonly retransmitted: number;
  readonly wrong: number;
  /** Milliseconds from request to answer. */
  readonly p50: number;
  readonly p99: number;
}

const retransmitMs = 500;

export async function send(options: SenderOptions): Promise<SenderResult> {
  const { port, outstanding, verify } = options;
  const secret = Buffer.from(options.secret);
  const load = buildLoad({ count: options.packets, sockets: options.sockets, secret, run: options.run });
  const window = Math.floor(outstanding / options.sockets);
  const latencies: number[] = [];
  let answered = 0;
  let retransmitted = 0;
  let wrong = 0;

  const lines = await Promise.all(
    Array.from({ length: options.sockets }, async (_, index) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22, sendBufferSize: 1 << 22 });
      socket.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return createLine(socket, index);
    }),
  );

  function createLine(socket: Socket, first: number) {
    const waiting: (Buffer | undefined)[] = new Array(256).fill(undefined);
    const sentAt = new Float64Array(256);
    let next = first;
    let open = 0;

    function fill(): void {
      while (open < window && next < load.length) {
        const packet = load[next] as Buffer;
        const identifier = packet[1] as number;
        if (waiting[identifier] !== undefined) return;
        waiting[identifier] = packet;
        sentAt[identifier] = performance.now();
        open++;
        next += options.sockets;
        socket.send(packet);
      }
    }
    socket.on('message', (response) => {
      const identifier = response[1] as number;
      const request = waiting[identifier];
      if (request === undefined || response[0] !== 5) return;
      if (verify && answered % 1000 === 0) {
        const requestAuthenticator = request.subarray(4, 20);
        const verdict = verifyResponse({ datagram: response, requestAuthenticator, secret, policy: 'if-present' });
        if (verdict !== 'ok') wrong++;
      }
      waiting[identifier] = undefined;
      open--;
      if (answered % 16 === 0) latencies.push(performance.now() - (sentAt[identifier] as number));
      answered++;
      fill();
    });
    return {
      fill,
      isDone: () => next >= load.length && open === 0,
      repeat(): void {
        const now = performance.now();
        for (const [identifier, packet] of waiting.entries()) {
          if (packet === undefined || now - (sentAt[identifier] as number) < retransmitMs) continue;
          sentAt[identifier] = now;
          retransmitted++;
          socket.send(packet);
        }
      },
      close: () => socket.close(),
    };
  }

  const started = performance.now();
  for (const { fill } of lines) fill();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (const { repeat } of lines) repeat();
      if (performance.now() - started < options.seconds * 1000 && !lines.every(({ isDone }) => isDone())) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
  const seconds = (performance.now() - started) / 1000;
  for (const { close } of lines) close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Number((latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2));
  return { answered, seconds, retransmitted, wrong, p50: at(0.5), p99: at(0.99) };
}

process.once('message', async (options: SenderOptions) => {
  process.send?.(await send(options));
  process.disconnect();
});

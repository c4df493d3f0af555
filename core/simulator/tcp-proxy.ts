// Stands before any simulated box that is reached by TCP, and does to its connections what networks and boxes do.
import { connect, createServer, type Socket } from 'node:net';

/** What can be done, by name. */
export const tcpFaults = {
  /** Every connection is reset, new ones too. */
  reset: 'cut',
  /** Connections stand, and nothing goes either way: a box whose management hangs. */
  'half-open': 'silent',
  /** Each piece waits a while. */
  slow: 'harmless',
  /** Every byte in a segment of its own. */
  split: 'harmless',
  /** The first byte of the next answer comes, then a reset. */
  'cut-answer': 'after the request',
  /** The next answer does not come at all, and the connection is closed. */
  'lost-answer': 'after the request',
} as const;

export type TcpFault = keyof typeof tcpFaults;

export interface TcpProxy {
  readonly port: number;
  /** Null: from now on nothing is done; what was done to connections stays done. */
  set(fault: TcpFault | null): void;
  /** Resets every connection; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

const slowMs = 15;

export async function startTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let fault: TcpFault | null = null;

  const server = createServer({ noDelay: true }, (client) => {
    if (fault === 'reset') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const box = connect({ host: '127.0.0.1', port: target.port, noDelay: true });
    const pair = [client, box] as const;
    pairs.add(pair);
    join(client, box, 'request');
    join(box, client, 'answer');
    client.once('close', () => pairs.delete(pair));
  });

  function join(from: Socket, to: Socket, kind: 'request' | 'answer'): void {
    // One piece after the other, however long one takes.
    let before: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      before = before.then(() => pass(chunk, { from, to, kind }));
    });
    from.once('end', () => void before.then(() => fault !== 'half-open' && to.end()));
    from.on('error', () => to.destroy());
    from.once('close', () => void before.then(() => fault !== 'half-open' && to.end()));
  }

  interface Way {
    readonly from: Socket;
    readonly to: Socket;
    readonly kind: 'request' | 'answer';
  }

  async function pass(chunk: Buffer, { from, to, kind }: Way): Promise<void> {
    if (fault === 'half-open' || to.destroyed) return;
    if (fault === 'split') return inBytes(chunk, to);
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs));
    if (kind === 'answer' && (fault === 'cut-answer' || fault === 'lost-answer')) {
      if (fault === 'cut-answer') to.write(chunk.subarray(0, 1), () => to.resetAndDestroy());
      else to.end();
      from.destroy();
      return;
    }
    to.write(chunk);
  }

  function cut(): void {
    for (const [client, box] of pairs) {
      client.resetAndDestroy();
      box.destroy();
    }
    pairs.clear();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    set(wanted) {
      // Who was left without an answer would wait for one for ever.
      if (fault === 'half-open' || wanted === 'reset') cut();
      fault = wanted;
    },
    cut,
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function inBytes(chunk: Buffer, to: Socket): Promise<void> {
  for (const byte of chunk) {
    to.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

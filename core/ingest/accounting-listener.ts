// RADIUS accounting in: verifies each packet, gives it to the sink, and answers only once the sink says that it is on disk.
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type MessageAuthenticatorPolicy, verifyRequest } from '../transport/radius/authenticator.ts';
import { packetLength } from '../transport/radius/codec.ts';
import { codes, type DropReason } from '../transport/radius/packet.ts';
import type { AccountingRecord, AccountingSink } from './accounting.ts';
import { createDuplicates, type Seen } from './accounting-duplicates.ts';
import { isInterim, readAccounting } from './accounting-record.ts';
import { accountingResponse } from './accounting-response.ts';
import { type AccountingLog, type AccountingStats, createTally } from './accounting-tally.ts';

export interface AccountingClient {
  /** The profile's name. */
  readonly nas: string;
  readonly secret: Buffer;
  readonly requireMessageAuthenticator: MessageAuthenticatorPolicy;
}

export interface AccountingListenerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Asked for every packet, so that a reloaded profile counts at once. IPv4 addresses come in their own form also on a v6 socket. */
  readonly clients: (address: string) => AccountingClient | undefined;
  readonly sink: AccountingSink;
  readonly log: AccountingLog;
  readonly now?: () => number;
  /** Packets that may wait for the disk at once; more are dropped unread, and the NAS sends them again. Of Interim-Updates half as many. */
  readonly maxInFlight?: number;
  /** Several processes on one port. */
  readonly reusePort?: boolean;
  /** Called once for every packet: its status when it is taken, why when it is dropped. */
  readonly count?: (result: string) => void;
}

/** A packet that waits for the disk. */
interface Taken {
  readonly datagram: Buffer;
  readonly source: RemoteInfo;
  readonly secret: Buffer;
  readonly seen: Seen;
}

export interface AccountingListener {
  readonly port: number;
  stats(): AccountingStats;
  /** Takes nothing more, answers what is still being written, within five seconds. */
  close(): Promise<void>;
}

const receiveBuffer = 8 * 1024 * 1024;
const drainMs = 5_000;
const mappedPrefix = '::ffff:';

export async function startAccountingListener(options: AccountingListenerOptions): Promise<AccountingListener> {
  const { host, clients, sink, log, now = Date.now, maxInFlight = 20_000, count = () => {} } = options;
  const duplicates = createDuplicates({ now });
  const tally = createTally({ log, now });
  const { counts } = tally;
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    reusePort: options.reusePort ?? false,
    recvBufferSize: receiveBuffer,
    // Answers go to addresses, never to names: without this each of them waits for a look-up.
    lookup: (address, family, callback) => callback(null, address, typeof family === 'number' ? family : 4),
  });
  let idle = (): void => {};
  let isClosed = false;
  const nothing = { kept: null, packets: [] };
  /** What the newest packets wait for. */
  let sharing: { readonly kept: Promise<void> | null; readonly packets: Taken[] } = nothing;

  function drop(reason: DropReason, address: string): void {
    tally.drop(reason, address);
    count(reason);
  }

  function admit(datagram: Buffer, { address, port }: RemoteInfo): AccountingClient | DropReason {
    if (port === 0) return 'port';
    if (counts.inFlight >= maxInFlight) return 'overload';
    // The next update says all that this one does; a Start or Stop that is lost is lost.
    if (counts.inFlight >= maxInFlight / 2 && isInterim(datagram)) return 'overload_interim';
    const length = packetLength(datagram);
    if (typeof length !== 'number') return length;
    const client = clients(address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address);
    if (client === undefined) return 'unknown_client';
    const code = datagram[0];
    if (code !== codes.accountingRequest && code !== codes.statusServer) return 'code';
    const verdict = verifyRequest(datagram, client.secret, client.requireMessageAuthenticator);
    return verdict === 'ok' ? client : verdict;
  }

  function onMessage(datagram: Buffer, source: RemoteInfo): void {
    counts.received++;
    const client = admit(datagram, source);
    if (typeof client === 'string') drop(client, source.address);
    else if (datagram[0] === codes.statusServer) answerStatus(datagram, source, client);
    else {
      const seen = duplicates.find(source, datagram);
      if (seen === undefined) take(datagram, source, client);
      else repeat(seen, source);
    }
  }

  function repeat({ response }: Seen, source: RemoteInfo): void {
    if (response === null) {
      counts.inProgress++;
      count('in_progress');
      return;
    }
    counts.repeated++;
    count('repeated');
    send(response, source);
  }

  /** Only asks whether we are there: RFC 5997. */
  function answerStatus(datagram: Buffer, source: RemoteInfo, { secret }: AccountingClient): void {
    counts.statusServer++;
    count('status_server');
    send(accountingResponse(datagram, secret), source);
  }

  function take(datagram: Buffer, source: RemoteInfo, { nas, secret }: AccountingClient): void {
    const reading = readAccounting({ datagram, nas, arrivedAt: now() });
    if (reading === 'attribute') {
      drop(reading, source.address);
      return;
    }
    const packet = { datagram, source, secret, seen: duplicates.begin(source, datagram) };
    if (reading === 'ignored') {
      counts.ignored++;
      count(reading);
      answer(packet);
      return;
    }
    count(reading.status);
    counts.inFlight++;
    answerAfter(keep(reading), packet);
  }

  /** Those that share a commit share its promise, too: they are answered together. */
  function answerAfter(kept: Promise<void>, packet: Taken): void {
    if (kept === sharing.kept) {
      sharing.packets.push(packet);
      return;
    }
    const packets = [packet];
    sharing = { kept, packets };
    const over = (): void => {
      counts.inFlight -= packets.length;
      // Later ones with the same promise are not heard any more.
      if (sharing.packets === packets) sharing = nothing;
    };
    kept.then(
      () => {
        over();
        for (const each of packets) answer(each);
        if (counts.inFlight === 0) idle();
      },
      (error: unknown) => {
        over();
        for (const { source, datagram, seen } of packets) {
          duplicates.forget(source, datagram, seen);
          tally.fail(error);
        }
        if (counts.inFlight === 0) idle();
      },
    );
  }

  function answer({ datagram, source, secret, seen }: Taken): void {
    seen.response = accountingResponse(datagram, secret);
    counts.answered++;
    send(seen.response, source);
  }

  /** No packet may bring the daemon down, whatever the sink does. */
  function keep(record: AccountingRecord): Promise<void> {
    try {
      return sink(record);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function send(response: Buffer, { address, port }: RemoteInfo): void {
    // What is kept later than anybody waited for it comes again, to whoever listens then.
    if (!isClosed) socket.send(response, port, address);
  }

  const listening = once(socket, 'listening');
  try {
    // With a look-up that answers at once this can be listening before it returns.
    socket.bind(options.port, host);
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', (error) => tally.socketError(error));
  socket.on('message', onMessage);

  return {
    port: socket.address().port,
    stats: tally.stats,
    async close() {
      socket.off('message', onMessage);
      if (counts.inFlight > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        idle = resolve;
        const deadline = setTimeout(resolve, drainMs);
        await promise;
        clearTimeout(deadline);
      }
      isClosed = true;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

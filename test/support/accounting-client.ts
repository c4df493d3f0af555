// A NAS's side of RADIUS accounting for tests: builds requests, sends bytes, waits for the bytes that come back.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { signRequest } from '#core/transport/radius/authenticator.ts';
import { codes, type RadiusAttribute } from '#core/transport/radius/packet.ts';

export const secret = Buffer.from('testing123');

/** Values by the attribute's number: numbers are four bytes, texts are UTF-8. */
export type Attributes = readonly (readonly [type: number, value: number | string | Buffer])[];

export interface RequestOptions {
  readonly attributes: Attributes;
  readonly identifier?: number;
  readonly code?: number;
  readonly secret?: Buffer;
  readonly messageAuthenticator?: boolean;
}

export function accountingRequest(options: RequestOptions): Buffer {
  return signRequest({
    code: options.code ?? codes.accountingRequest,
    identifier: options.identifier ?? 1,
    attributes: options.attributes.map(([type, value]): RadiusAttribute => ({ vendor: 0, type, value: bytes(value) })),
    secret: options.secret ?? secret,
    messageAuthenticator: options.messageAuthenticator ?? false,
  });
}

function bytes(value: number | string | Buffer): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value !== 'number') return value;
  const integer = Buffer.alloc(4);
  integer.writeUInt32BE(value);
  return integer;
}

export interface AccountingTestClient {
  send(datagram: Buffer): void;
  /** Everything that came, oldest first. */
  readonly received: readonly Buffer[];
  close(): Promise<void>;
}

export async function openAccountingClient(
  port: number,
  host = '127.0.0.1',
  from?: string,
): Promise<AccountingTestClient> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const received: Buffer[] = [];
  socket.on('message', (datagram) => received.push(datagram));
  if (from !== undefined) {
    socket.bind(0, from);
    await once(socket, 'listening');
  }
  socket.connect(port, host);
  await once(socket, 'connect');
  return {
    send: (datagram) => socket.send(datagram),
    received,
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

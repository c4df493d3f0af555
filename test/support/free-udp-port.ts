// Picks UDP ports on 127.0.0.1 that nobody uses now, for peers that cannot listen on port 0.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** All are held at once before they are let go, so that they differ. */
export async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        socket.bind(0, '127.0.0.1');
        await once(socket, 'listening');
      }),
    );
    return sockets.map((socket) => socket.address().port);
  } finally {
    for (const socket of sockets) socket.close();
  }
}

export async function freeUdpPort(): Promise<number> {
  const [port] = await freeUdpPorts(1);
  return port as number;
}

// Hands the other side's identification line over whole: ssh2 1.17 loses the middle of one that comes in more than two pieces.
import type { Socket } from 'node:net';

/** RFC 4253 section 4.2: lines may come before it. */
const identification = /(?:^|\n)SSH-[^\n]*\n/;
const longest = 64 * 1024;

/** To be called before anybody listens. What comes after the line is passed as it comes. */
export function wholeGreeting(socket: Socket): void {
  const emit = socket.emit;
  let held = Buffer.alloc(0);
  socket.emit = (event: string | symbol, ...given: unknown[]): boolean => {
    const [chunk] = given;
    if (event !== 'data' || !Buffer.isBuffer(chunk)) return Reflect.apply(emit, socket, [event, ...given]) as boolean;
    held = Buffer.concat([held, chunk]);
    if (held.length < longest && !identification.test(held.toString('latin1'))) return true;
    Reflect.deleteProperty(socket, 'emit');
    return Reflect.apply(emit, socket, [event, held]) as boolean;
  };
}

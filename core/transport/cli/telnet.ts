// The telnet protocol, RFC 854: commands and options taken out of what comes, put into what goes. No sockets, never throws.
import { columns, rows } from './wire.ts';

export interface TelnetCodec {
  /** Bytes of the box: those that are text, and what its demands are answered with. */
  receive(chunk: Uint8Array): { readonly data: Buffer; readonly reply: Buffer };
  send(text: string): Buffer;
}

const IAC = 255;
const [DONT, DO, WONT, WILL, SB, SE] = [254, 253, 252, 251, 250, 240];
const [ECHO, SGA, TTYPE, NAWS] = [1, 3, 24, 31];
const [CR, LF, NUL] = [13, 10, 0];

/** What the box may do on its side, and what we do on ours; all else is refused. */
const theirs: ReadonlySet<number> = new Set([ECHO, SGA]);
const ours: ReadonlySet<number> = new Set([SGA, TTYPE, NAWS]);

const longestOption = 64;
/** A box that asks without end is left without answers. */
const mostReplies = 500;

export function createTelnetCodec(): TelnetCodec {
  let state: 'data' | 'cr' | 'command' | 'option' | 'sub' | 'subCommand' = 'data';
  let verb = 0;
  let sub: number[] = [];
  let replies = 0;
  const on = { theirs: new Set<number>(), ours: new Set<number>() };

  function answer(bytes: readonly number[], reply: number[]): void {
    replies += 1;
    if (replies <= mostReplies) reply.push(...bytes);
  }

  /** RFC 854: a demand for what is so already is not answered, or two sides would answer each other for ever. */
  function negotiate(option: number, reply: number[]): void {
    const isTheirs = verb === WILL || verb === WONT;
    const [set, allowed] = isTheirs ? [on.theirs, theirs] : [on.ours, ours];
    const [yes, no] = isTheirs ? [DO, DONT] : [WILL, WONT];
    const isWanted = verb === WILL || verb === DO;
    if (!isWanted) {
      if (set.delete(option)) answer([IAC, no, option], reply);
      return;
    }
    if (set.has(option)) return;
    if (!allowed.has(option)) {
      answer([IAC, no, option], reply);
      return;
    }
    set.add(option);
    answer([IAC, yes, option], reply);
    if (option === NAWS && !isTheirs) answer([IAC, SB, NAWS, ...size(columns), ...size(rows), IAC, SE], reply);
  }

  function subnegotiate(reply: number[]): void {
    const isAsked = sub.length === 2 && sub[0] === TTYPE && sub[1] === 1 && on.ours.has(TTYPE);
    if (isAsked) answer([IAC, SB, TTYPE, 0, ...Buffer.from('VT100'), IAC, SE], reply);
    sub = [];
  }

  function take(byte: number, data: number[], reply: number[]): void {
    switch (state) {
      case 'cr':
        state = 'data';
        // CR NUL is a return alone.
        if (byte !== NUL) take(byte, data, reply);
        return;
      case 'data':
        if (byte === IAC) state = 'command';
        else data.push(byte);
        if (byte === CR) state = 'cr';
        return;
      case 'command':
        state = 'data';
        if (byte === IAC) data.push(IAC);
        else if (byte >= WILL && byte <= DONT) {
          verb = byte;
          state = 'option';
        } else if (byte === SB) state = 'sub';
        return;
      case 'option':
        state = 'data';
        negotiate(byte, reply);
        return;
      case 'sub':
        if (byte === IAC) state = 'subCommand';
        else if (sub.length < longestOption) sub.push(byte);
        return;
      case 'subCommand':
        state = byte === IAC ? 'sub' : 'data';
        if (byte === IAC && sub.length < longestOption) sub.push(IAC);
        if (byte === SE) subnegotiate(reply);
        else if (byte !== IAC) sub = [];
    }
  }

  return {
    receive(chunk) {
      const data: number[] = [];
      const reply: number[] = [];
      for (const byte of chunk) take(byte, data, reply);
      return { data: Buffer.from(data), reply: Buffer.from(reply) };
    },
    send(text) {
      const bytes: number[] = [];
      const given = Buffer.from(text);
      for (const [at, byte] of given.entries()) {
        bytes.push(byte);
        if (byte === IAC) bytes.push(IAC);
        if (byte === CR && given[at + 1] !== LF) bytes.push(NUL);
      }
      return Buffer.from(bytes);
    },
  };
}

/** A byte of 255 within is doubled too: 511 columns hold one. */
function size(cells: number): number[] {
  return [cells >> 8, cells & 0xff].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte]));
}

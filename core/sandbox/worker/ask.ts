// What an isolate asks of its worker: randomness, URLs, and the text of what few plugins need. Texts go in and out, and nothing waits.
import { randomBytes } from 'node:crypto';

/** The text of guest/web-globals.ts, put here when this is bundled. */
declare const ossiaWebGlobals: string;

const mostBytes = 65_536;
const mostCharacters = 64 * 1024;
const settable = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

export interface Questions {
  /** Empty for what has no answer. Never throws. */
  answer(what: unknown, text: unknown): string;
  /** The isolate is entered anew. */
  begin(): void;
}

/** The time that answers take is not the isolate's own: more than so many milliseconds of it in one slice are not given. */
export function createQuestions(mostMs: number): Questions {
  let spentMs = 0;
  return {
    begin() {
      spentMs = 0;
    },
    answer(what, text) {
      if (what === 'web globals') return ossiaWebGlobals;
      if (typeof text !== 'string' || text.length > mostCharacters || spentMs > mostMs) return '';
      const began = performance.now();
      try {
        if (what === 'random') return randomHex(Number(text));
        if (what === 'url.parse') return urlOf(JSON.parse(text));
        if (what === 'url.set') return changedUrl(JSON.parse(text));
        return '';
      } catch {
        return '';
      } finally {
        spentMs += performance.now() - began;
      }
    },
  };
}

function randomHex(bytes: number): string {
  return bytes <= mostBytes ? randomBytes(bytes).toString('hex') : '';
}

function urlOf([input, base]: string[]): string {
  return partsOf(base === undefined ? new URL(String(input)) : new URL(String(input), String(base)));
}

function changedUrl([href, name, value]: string[]): string {
  if (name === undefined || !settable.includes(name)) return '';
  const url = new URL(String(href));
  Reflect.set(url, name, String(value));
  return partsOf(url);
}

function partsOf(url: URL): string {
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
  return JSON.stringify({ href, origin, protocol, username, password, host, hostname, port, pathname, search, hash });
}

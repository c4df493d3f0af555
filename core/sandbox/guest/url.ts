// URL: the worker's own parser does the work, and only texts go to it and come back; the isolate pays for a class.
import type { AskWorker } from './crypto.ts';
import { linkToUrl, URLSearchParams } from './url-search-params.ts';

const settable = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;
type Settable = (typeof settable)[number];
type Parts = Readonly<Record<Settable | 'origin', string>>;

const { parse, stringify } = JSON;

export function createUrl(ask: AskWorker) {
  const partsOf = (what: 'url.parse' | 'url.set', given: readonly unknown[]): Parts | null => {
    const json = ask(what, stringify(given));
    return json === '' ? null : (parse(json) as Parts);
  };
  const parsed = (input: unknown, base: unknown): Parts | null =>
    partsOf('url.parse', base === undefined ? [`${input}`] : [`${input}`, `${base}`]);

  // They reach into private fields, and are for this function only.
  let part: (url: URL, name: Settable) => string;
  let change: (url: URL, name: Settable, value: unknown) => void;

  class URL {
    static {
      part = (url, name) => url.#parts[name];
      change = (url, name, value) => {
        const parts = partsOf('url.set', [url.#parts.href, name, `${value}`]);
        if (parts === null) throw invalid(value);
        url.#parts = parts;
        if (name === 'href' || name === 'search') url.#follow(parts.search);
      };
    }

    #parts: Parts;
    #params: URLSearchParams | null = null;
    #follow: (query: string) => void = () => {};

    constructor(input: unknown, base?: unknown) {
      const parts = parsed(input, base);
      if (parts === null) throw invalid(input);
      this.#parts = parts;
    }

    static canParse(input: unknown, base?: unknown): boolean {
      return parsed(input, base) !== null;
    }

    static parse(input: unknown, base?: unknown): URL | null {
      return URL.canParse(input, base) ? new URL(input, base) : null;
    }

    get origin(): string {
      return this.#parts.origin;
    }

    get searchParams(): URLSearchParams {
      if (this.#params === null) {
        const params = new URLSearchParams(this.#parts.search);
        this.#follow = linkToUrl(params, () => change(this, 'search', `${params}`));
        this.#params = params;
      }
      return this.#params;
    }

    toString(): string {
      return this.#parts.href;
    }

    toJSON(): string {
      return this.#parts.href;
    }
  }

  for (const name of settable) {
    Object.defineProperty(URL.prototype, name, {
      get(this: URL) {
        return part(this, name);
      },
      set(this: URL, value: unknown) {
        change(this, name, value);
      },
      enumerable: true,
      configurable: true,
    });
  }
  return URL;
}

function invalid(input: unknown): TypeError {
  return Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: `${input}`.slice(0, 200) });
}

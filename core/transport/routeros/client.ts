// A router's client: one connection, opened by the first command, closed when idle, opened again by the next.
import { OssiaError } from '../../errors.ts';
import { charsetOf, type Encoding } from './charset.ts';
import { within } from './deadline.ts';
import { type Answer, type Call, createLink, type Link } from './link.ts';
import { type Login, login } from './login.ts';
import type { Row } from './menu.ts';
import { openSocket, type RouterAddress } from './open-socket.ts';
import { readPages } from './pages.ts';
import { createTurns } from './turns.ts';

export interface ClientConfig extends RouterAddress {
  readonly user: string;
  readonly password: string;
  readonly encoding: Encoding;
  readonly login: Login;
  /** Commands that the router works on at the same time; more wait their turn. */
  readonly maxInFlight: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly idleCloseMs: number;
}

export interface RouterClient {
  /** One command. Settles before the deadline, whatever the router does; rejects with an OssiaError only. */
  request(words: readonly string[], call: Call): Promise<Answer>;
  /** The rows of one command in pages, over a connection of its own: commands beside it never wait for who takes the pages. */
  pages(words: readonly string[], call: Call & { readonly size: number }): AsyncGenerator<Row[], void>;
  /** Ends what runs with `aborted`. Nothing can be asked afterwards. */
  close(): Promise<void>;
}

export function createClient(config: ClientConfig, onConnection: (message: string) => void): RouterClient {
  const charset = charsetOf(config.encoding);
  const turns = createTurns(config.maxInFlight);
  const closing = new AbortController();
  let opening: Promise<Link> | null = null;
  let idleTimer: NodeJS.Timeout | undefined;

  async function open(): Promise<Link> {
    let isLoggedIn = false;
    const link = await openLink((reason) => {
      opening = null;
      clearTimeout(idleTimer);
      if (isLoggedIn) onConnection(reason.code === 'aborted' ? 'connection closed' : reason.message);
    }, closing.signal);
    isLoggedIn = true;
    onConnection('connected');
    return link;
  }

  async function openLink(onEnd: (reason: OssiaError) => void, signal: AbortSignal): Promise<Link> {
    const deadline = { signal, deadline: Date.now() + config.connectTimeoutMs };
    const socket = await openSocket(config, deadline);
    const link = createLink({ socket, charset, onEnd });
    try {
      await login(link, { ...config, charset }, deadline);
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  async function* pages(words: readonly string[], call: Call & { readonly size: number }): AsyncGenerator<Row[], void> {
    if (closing.signal.aborted) throw closed();
    const signal = AbortSignal.any([call.signal, closing.signal]);
    const link = await openLink(() => undefined, signal);
    try {
      yield* readPages({ link, words, call: { ...call, signal }, silenceMs: config.commandTimeoutMs });
    } finally {
      link.close();
    }
  }

  function connected(): Promise<Link> {
    if (opening !== null) return opening;
    const attempt = open();
    opening = attempt;
    attempt.catch(() => {
      if (opening === attempt) opening = null;
    });
    return attempt;
  }

  async function inTurn(words: readonly string[], call: Call): Promise<Answer> {
    const release = await turns.take(call);
    clearTimeout(idleTimer);
    try {
      const link = await within(call, connected());
      return await link.request(words, call);
    } finally {
      release();
      if (turns.idle() && opening !== null) idleTimer = closeLater(opening);
    }
  }

  function closeLater(idle: Promise<Link>): NodeJS.Timeout {
    clearTimeout(idleTimer);
    return setTimeout(() => idle.then((link) => link.close()).catch(() => undefined), config.idleCloseMs).unref();
  }

  return {
    async request(words, call) {
      if (closing.signal.aborted) throw closed();
      return inTurn(words, { ...call, deadline: Math.min(call.deadline, Date.now() + config.commandTimeoutMs) });
    },
    pages,
    async close() {
      closing.abort();
      clearTimeout(idleTimer);
      await opening?.then((link) => link.close()).catch(() => undefined);
    },
  };
}

const closed = () => new OssiaError('aborted', 'The connection to the router was closed by us.');

// A router by REST, RouterOS 7.1 and later: each command is a request of its own, the answer is read row by row.
import { OssiaError } from '../../../errors.ts';
import { charsetOf } from '../charset.ts';
import type { ClientConfig } from '../client.ts';
import { type Deadline, within } from '../deadline.ts';
import { maxAnswerBytes } from '../link.ts';
import type { Row } from '../menu.ts';
import { type Print, queriesOf, type Router, type RouterCall } from '../router.ts';
import { createTurns } from '../turns.ts';
import { createAgent } from './agent.ts';
import { exchange, type Wait } from './exchange.ts';
import { createRowReader } from './rows.ts';

interface Asked {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly body: unknown;
}

export function createRestRouter(config: ClientConfig): Router {
  const charset = charsetOf(config.encoding);
  const turns = createTurns(config.maxInFlight);
  const closing = new AbortController();
  const agent = createAgent(config, closing.signal);
  const authorization = `Basic ${charset.encode(`${config.user}:${config.password}`).toString('base64')}`;

  /** The rows of an answer as they come, some at a time. */
  async function* rowsOf({ method, path, body }: Asked, onSent: RouterCall['onSent'], wait: Wait) {
    const isRead = path.endsWith('/print');
    const request = { isRead, method, path: `/rest${path}`, body: charset.encode(jsonOf(body)), authorization };
    const reader = createRowReader(charset);
    for await (const chunk of exchange(request, { ...config, agent, onSent, wait })) yield reader.push(chunk);
    reader.end();
  }

  async function inTurn(asked: Asked, call: RouterCall): Promise<Row[]> {
    if (closing.signal.aborted) throw closed();
    const ours = boundTo(call);
    const deadline = { ...ours, deadline: Math.min(call.deadline, Date.now() + config.commandTimeoutMs) };
    const release = await turns.take(deadline);
    try {
      const rows: Row[] = [];
      let bytes = 0;
      const wait: Wait = (promise) => within(deadline, promise);
      for await (const { rows: some, bytes: more } of rowsOf(asked, call.onSent, wait)) {
        bytes += more;
        if (bytes > maxAnswerBytes) throw new OssiaError('nas_protocol', 'The answer is endless.');
        for (const row of some) rows.push(row);
      }
      return rows;
    } finally {
      release();
    }
  }

  function boundTo({ signal, deadline }: Deadline): Deadline {
    return { signal: AbortSignal.any([signal, closing.signal]), deadline };
  }

  async function* pages(asked: Print, call: RouterCall & { readonly size: number }): AsyncGenerator<Row[], void> {
    if (closing.signal.aborted) throw closed();
    const { signal, deadline } = boundTo(call);
    // A router that says nothing for that long while somebody waits is gone; who takes the pages may take his time.
    const wait: Wait = (promise) =>
      within({ signal, deadline: Math.min(deadline, Date.now() + config.commandTimeoutMs) }, promise);
    const rows: Row[] = [];
    for await (const { rows: some } of rowsOf(printed(asked), call.onSent, wait)) {
      for (const row of some) rows.push(row);
      while (rows.length >= call.size) yield rows.splice(0, call.size);
    }
    if (rows.length > 0) yield rows;
  }

  return {
    print: (asked, call) => inTurn(printed(asked), call),
    async run(path, properties, call) {
      const menu = /^(.+)\/add$/.exec(path)?.[1];
      if (menu === undefined) return inTurn({ method: 'POST', path, body: properties }, call);
      // The whole new row is answered; the API answers its id.
      const [row] = await inTurn({ method: 'PUT', path: menu, body: properties }, call);
      if (row?.['.id'] === undefined)
        throw new OssiaError('nas_protocol', 'The router does not say which row it added.');
      return [{ ret: row['.id'] }];
    },
    pages,
    async close() {
      closing.abort();
      agent.destroy();
    },
  };
}

function printed(asked: Print): Asked {
  const queries = queriesOf(asked);
  const body = {
    ...(asked.proplist.length > 0 && { '.proplist': asked.proplist }),
    ...(queries.length > 0 && { '.query': queries }),
  };
  return { method: 'POST', path: `${asked.menu}/print`, body };
}

/** JSON would write half a character as an escape, and the router would keep that. */
function jsonOf(body: unknown): string {
  return JSON.stringify(body, (_name, value: unknown) => {
    if (typeof value !== 'string' || value.isWellFormed()) return value;
    throw new OssiaError('value_unsafe', 'A value holds half a character (a lone surrogate).');
  });
}

const closed = () => new OssiaError('aborted', 'The connection to the router was closed by us.');

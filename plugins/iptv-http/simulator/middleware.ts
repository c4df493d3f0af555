// The simulated middleware itself: accounts, the packages that it sells, and all that it says no to.
import type { HttpAnswer, HttpAsked } from '#core/simulator/http-server.ts';

export interface Subscriber {
  readonly login?: string;
  readonly email?: string;
  readonly blocked: boolean;
  readonly packages: readonly string[];
}

export interface MiddlewareState {
  readonly accounts?: Readonly<Record<string, Subscriber>>;
  /** The packages that it sells. */
  readonly sells?: readonly string[];
  /** E-mails that another operator's customers have. */
  readonly taken?: readonly string[];
  /** It makes no account without an e-mail. */
  readonly wants_email?: boolean;
  /** That many changing requests it answers so, before it works. */
  readonly troubles?: { readonly status: number; readonly times: number; readonly retry_after?: number };
  /** Our address is not on its list. */
  readonly forbidden?: boolean;
  /** Answers 200 to everything, and says in `status` and `error` how it went. */
  readonly enveloped?: boolean;
  /** No page has more, whatever is asked for. */
  readonly most_per_page?: number;
  /** What it says of all accounts, where that is not their number. */
  readonly claims?: number;
}

export interface Middleware {
  answer(asked: HttpAsked): HttpAnswer;
  state(): unknown;
  reset(): void;
}

export function createMiddleware(given: MiddlewareState): Middleware {
  const { sells = ['basic', 'sport', 'kino'], taken = [], most_per_page: most = 100 } = given;
  let accounts = new Map<string, Subscriber>();
  let troubles = 0;
  reset();

  function reset(): void {
    accounts = new Map(Object.entries(given.accounts ?? {}));
    troubles = given.troubles?.times ?? 0;
  }

  function create(body: HttpAsked['body']): HttpAnswer {
    const { id, login, email } = (body ?? {}) as { id?: unknown; login?: string; email?: string };
    if (typeof id !== 'string' || id === '') return no(422, 'id is missing');
    if (accounts.has(id)) return no(409, 'account exists');
    if (given.wants_email && !email) return no(422, 'email is required');
    if (email && taken.includes(email)) return no(422, 'Этот e-mail уже занят другим оператором');
    accounts.set(id, { ...(login && { login }), ...(email && { email }), blocked: false, packages: [] });
    return { status: 201, body: shown(id) };
  }

  function shown(id: string): unknown {
    return { id, ...accounts.get(id) };
  }

  function list(query: URLSearchParams): HttpAnswer {
    const size = Math.min(Number(query.get('per_page')), most);
    const from = (Number(query.get('page')) - 1) * size;
    const items = [...accounts.keys()].slice(from, from + size).map(shown);
    return { status: 200, body: { items, total: given.claims ?? accounts.size } };
  }

  function change(id: string, [what = '', item = '']: readonly string[], { method, body }: HttpAsked): HttpAnswer {
    const known = accounts.get(id);
    if (known === undefined) return no(404, 'no such account');
    const others = known.packages.filter((one) => one !== item);
    if (what === '' && method === 'GET') return { status: 200, body: shown(id) };
    if (what === '' && method === 'DELETE') accounts.delete(id);
    else if (what === '' && method === 'PATCH') accounts.set(id, { ...known, email: String(body?.['email']) });
    else if (what === 'status' && method === 'PUT') accounts.set(id, { ...known, blocked: body?.['blocked'] === true });
    else if (what === 'packages' && !sells.includes(item)) return no(422, `package ${item} is not sold`);
    else if (what === 'packages' && method === 'PUT') accounts.set(id, { ...known, packages: [...others, item] });
    else if (what === 'packages' && method === 'DELETE') {
      if (others.length === known.packages.length) return no(404, 'no such package on this account');
      accounts.set(id, { ...known, packages: others });
    } else return no(405, 'not here');
    return { status: 204 };
  }

  function take(asked: HttpAsked): HttpAnswer {
    const [noun = '', id = '', ...rest] = asked.path;
    if (given.forbidden) return no(403, 'your address is not on the list');
    if (asked.method !== 'GET' && troubles > 0 && given.troubles) {
      troubles -= 1;
      const { status, retry_after: after } = given.troubles;
      return { ...no(status, 'later'), ...(after && { headers: { 'retry-after': String(after) } }) };
    }
    if (noun !== 'accounts') return no(404, 'no such path');
    if (id !== '') return change(id, rest, asked);
    if (asked.method === 'POST') return create(asked.body);
    return asked.method === 'GET' ? list(asked.query) : no(405, 'not here');
  }

  return {
    answer(asked) {
      const answer = take(asked);
      return given.enveloped ? wrapped(answer) : answer;
    },
    state: () => ({ accounts: Object.fromEntries(accounts) }),
    reset,
  };
}

function no(status: number, error: string): HttpAnswer {
  return { status, body: { error } };
}

function wrapped({ status, body }: HttpAnswer): HttpAnswer {
  if (status < 300) return { status: 200, body: { status: 'OK', results: body ?? null } };
  return { status: 200, body: { status: 'ERROR', error: (body as { error: string }).error } };
}

// A long table page by page: nothing is lost, nothing is taken from the router that nobody wants yet, and a part is never the whole.
import { expect, onTestFinished, test } from 'vitest';
import { routeros } from '#core/transport/routeros/routeros.ts';
import { until } from '#test/support/until.ts';
import { bytesOf, type Heard, startScriptedRouter } from './scripted-router.ts';

type Row = Readonly<Record<string, string>>;

function connect(port: number, more: object = {}) {
  const section = routeros.config.parse({ host: '127.0.0.1', port, user: 'ossia', ...more });
  const transport = routeros.connect(section, { nas: 'bras-1', log: () => undefined });
  onTestFinished(() => transport.close());
  const recorded: string[] = [];
  const context = (signal: AbortSignal = AbortSignal.timeout(20_000)) => ({
    signal,
    deadline: Date.now() + 20_000,
    record: ({ kind, text }: { kind: string; text: string }) => void recorded.push(`${kind} ${text}`),
  });
  return {
    recorded,
    call: (method: string, ...args: readonly unknown[]) => transport.call(method, args, context()),
    pages(args: readonly unknown[], signal?: AbortSignal): AsyncIterator<Row[], void> {
      const parts = transport.stream?.('pages', args, context(signal));
      if (parts === undefined) throw new Error('The transport has no streams.');
      return parts as AsyncIterator<Row[], void>;
    },
  };
}

async function all(pages: AsyncIterator<Row[], void>): Promise<Row[][]> {
  const taken: Row[][] = [];
  for (let step = await pages.next(); !step.done; step = await pages.next()) taken.push(step.value);
  return taken;
}

const menu = '/ip/firewall/address-list';
const isPages = ({ words }: Heard) => words[0] === `${menu}/print`;

/** In one write: how much of it stays with the router is seen by its socket. */
function printMany({ socket, tag }: Heard, count: number, comment: string): void {
  const rows = Array.from({ length: count }, (_, at) =>
    bytesOf('!re', `=.id=*${at.toString(16)}`, `=address=10.0.${at >> 8}.${at & 255}`, `=comment=${comment}`, ...tag),
  );
  socket.write(Buffer.concat([...rows, bytesOf('!done', ...tag)]));
}

test('a hundred thousand rows come in order, and what nobody takes stays with the router, while commands go on', async () => {
  let long: Heard | undefined;
  const router = await startScriptedRouter((heard) => {
    if (isPages(heard)) {
      long = heard;
      printMany(heard, 100_000, `абонент ${'x'.repeat(400)}`);
    } else if (heard.words[0] === '/system/resource/print') {
      heard.reply('!re', '=version=7.20');
      heard.reply('!done');
    }
    return undefined;
  });
  const { pages, call, recorded } = connect(router.port);

  const listing = pages([menu, {}, ['.id', 'address'], { size: 5000 }]);
  const first = await listing.next();
  expect(first.done ? 0 : first.value.length).toBe(5000);
  expect(await call('print', '/system/resource')).toEqual([{ version: '7.20' }]);
  expect(long?.socket.writableLength).toBeGreaterThan(10_000_000);

  const rest = (await all(listing)).flat();
  expect(rest.length).toBe(95_000);
  expect(rest.at(-1)).toEqual({ '.id': `*${(99_999).toString(16)}`, address: `10.0.${99_999 >> 8}.${99_999 & 255}` });
  expect(new Set(rest.map((row) => row['.id'])).size).toBe(95_000);
  expect(router.connections()).toBe(2);
  await until(() => long?.socket.destroyed === true || long?.socket.readableEnded === true);
  expect(recorded).toContain('received 100000 rows');
});

test('rows that the router should not have sent are left out, and no page is empty', async () => {
  const router = await startScriptedRouter((heard) => {
    if (!isPages(heard)) return undefined;
    expect(heard.words).toContain('?list=blocked');
    for (const list of ['other', 'other', 'blocked', 'other']) heard.reply('!re', `=list=${list}`, '=address=10.1.2.3');
    heard.reply('!done');
    return true;
  });
  const { pages } = connect(router.port);

  expect(await all(pages([menu, { list: 'blocked' }, ['address'], { size: 1 }]))).toEqual([[{ address: '10.1.2.3' }]]);
});

test('an empty table has no page', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isPages(heard)) heard.reply('!empty');
    if (isPages(heard)) heard.reply('!done');
    return undefined;
  });

  expect(await all(connect(router.port).pages([menu]))).toEqual([]);
});

test.each([
  [
    'refuses',
    'nas_refused',
    ({ reply }: Heard) => [['!trap', '=message=no such item'], ['!done']].map((words) => reply(...words)),
  ],
  ['goes away', 'nas_unreachable', ({ socket }: Heard) => socket.destroy()],
  ['says no more', 'nas_timeout', () => undefined],
  [
    'ends the connection with its words',
    'nas_unreachable',
    ({ socket }: Heard) => socket.write(bytesOf('!fatal', 'too much')),
  ],
])('a router that %s in the middle of the table is an error', async (_what, code, end) => {
  const router = await startScriptedRouter((heard) => {
    if (!isPages(heard)) return undefined;
    for (let at = 0; at < 10; at += 1) heard.reply('!re', `=.id=*${at}`);
    end(heard);
    return true;
  });
  const { pages } = connect(router.port, { command_timeout: '300ms' });

  await expect(all(pages([menu, {}, [], { size: 3 }]))).rejects.toMatchObject({ code });
});

test('who stops early lets go of the connection, and so does a signal', async () => {
  const sockets: Heard[] = [];
  const router = await startScriptedRouter((heard) => {
    if (isPages(heard)) sockets.push(heard);
    if (isPages(heard)) printMany(heard, 10_000, 'x');
    return undefined;
  });
  const { pages } = connect(router.port);

  const early = pages([menu, {}, [], { size: 100 }]);
  await early.next();
  await early.return?.();
  await until(() => sockets[0]?.socket.destroyed);

  const stop = new AbortController();
  const stopped = pages([menu, {}, [], { size: 100 }], stop.signal);
  await stopped.next();
  stop.abort();
  await expect(all(stopped)).rejects.toMatchObject({ code: 'aborted' });
  await until(() => sockets[1]?.socket.destroyed);
});

// The transport by REST against servers that do well and fail in every way: the right requests, and each call settles with the right code.
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { selfSigned } from '#core/simulator/self-signed.ts';
import { until } from '#test/support/until.ts';
import { password, type RestScript, restTransport, startScriptedRest } from './scripted-rest.ts';

const menu = '/ip/firewall/address-list';
const code = (expected: string) => expect.objectContaining({ name: 'OssiaError', code: expected });
const json =
  (body: unknown, status = 200): RestScript =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

async function restOf(script: RestScript, changes: Record<string, unknown> = {}) {
  const server = await startScriptedRest(script);
  return { server, ...restTransport(server.port, { fingerprint: server.fingerprint, ...changes }) };
}

const told = ({ method, url, body }: { method: string; url: string; body: string }) =>
  `${method} ${url} ${body}`.trimEnd();

test('each command is the request that RouterOS documents', async () => {
  const rows = [{ '.id': '*1', list: 'a', address: '10.1.2.3', comment: 'должник' }];
  const { server, call } = await restOf((response, { method, body }) => {
    const isPrint = body.includes('.proplist') || body === '{}';
    json(method === 'PUT' ? { '.id': '*2', list: 'b' } : isPrint ? rows : [])(response, server.heard[0] as never);
  });
  expect(await call('print', [menu, { list: 'a', comment: 'должник' }, ['.id']])).toEqual([{ '.id': '*1' }]);
  expect(await call('print', [menu])).toEqual(rows);
  expect(await call('command', [`${menu}/add`, { list: 'b', address: '10.1.2.4' }])).toEqual([{ ret: '*2' }]);
  expect(await call('ensure', [menu, { list: 'a', address: '10.1.2.3' }, { comment: 'x"y' }])).toBe('changed');
  expect(server.heard.map(told)).toEqual([
    `POST /rest${menu}/print {".proplist":[".id","list","comment"],".query":["list=a","comment=должник"]}`,
    `POST /rest${menu}/print {}`,
    `PUT /rest${menu} {"list":"b","address":"10.1.2.4"}`,
    `POST /rest${menu}/print {".proplist":[".id","dynamic","list","address","comment"],".query":["list=a","address=10.1.2.3"]}`,
    `POST /rest${menu}/set {".id":"*1","comment":"x\\"y"}`,
  ]);
  const { authorization, 'content-type': type } = server.heard[0]?.headers ?? {};
  expect(authorization).toBe(`Basic ${Buffer.from(`ossia:${password}`).toString('base64')}`);
  // Versions before 7.2 take it by the letter.
  expect(type).toBe('application/json');
});

test('a removal is asked row by row, and what has gone by itself is no failure', async () => {
  let left = [{ '.id': '*1' }, { '.id': '*2' }];
  const { server, call } = await restOf((response, heard) => {
    if (heard.url.endsWith('/print')) return json(left.map((row) => ({ ...row, list: 'a' })))(response, heard);
    left = left.slice(1);
    json(heard.body.includes('*2') ? { error: 404, message: 'Not Found' } : [], heard.body.includes('*2') ? 404 : 200)(
      response,
      heard,
    );
  });
  expect(await call('ensureAbsent', [menu, { list: 'a' }])).toBe(1);
  expect(server.heard.map(told).filter((one) => one.includes('/remove'))).toEqual([
    `POST /rest${menu}/remove {".id":"*1"}`,
    `POST /rest${menu}/remove {".id":"*2"}`,
  ]);
});

test('a dry run reads, and writes nothing', async () => {
  const { server, transport, journal, context } = await restOf(json([{ '.id': '*1', list: 'a', comment: 'old' }]));
  expect(await transport.plan?.('ensure', [menu, { list: 'a' }, { comment: 'new' }], context())).toBe('changed');
  expect(server.heard.map(({ url }) => url)).toEqual([`/rest${menu}/print`]);
  expect(journal.at(-1)).toBe(`recorded ${menu}/set .id=*1 comment=new`);
});

test.each([
  [401, { error: 401, message: 'Unauthorized' }, 'nas_auth', 'Unauthorized'],
  [
    400,
    { error: 400, message: 'Bad Request', detail: 'failure: already have such entry' },
    'nas_refused',
    'failure: already have such entry',
  ],
  [404, { error: 404, message: 'Not Found' }, 'nas_refused', 'Not Found'],
  [
    406,
    { error: 406, message: 'Not Acceptable', detail: 'no such command or directory (active)' },
    'nas_refused',
    'no such command or directory (active)',
  ],
  [
    500,
    { error: 500, message: 'Internal Server Error', detail: 'std failure: not allowed (9)' },
    'nas_refused',
    'std failure: not allowed (9)',
  ],
  [500, { error: 500, message: 'Internal Server Error' }, 'nas_busy', 'Internal Server Error'],
  [503, '<html>', 'nas_busy', ''],
  [400, { error: 400, message: 'Bad Request', detail: 'Session closed' }, 'nas_busy', 'Session closed'],
  [404, '<html>', 'nas_refused', 'Not Found'],
  [301, '', 'nas_protocol', ''],
  [200, '<html>webfig</html>', 'nas_protocol', undefined],
] as const)('%i with %j is %s', async (status, body, expected, said) => {
  const { call, journal } = await restOf((response) =>
    response
      .writeHead(status, { location: 'https://elsewhere/' })
      .end(typeof body === 'string' ? body : JSON.stringify(body)),
  );
  const error = await call('command', ['/x/run', { a: 'b' }]).catch((reason: Error) => reason);
  expect(error).toMatchObject({ code: expected, said });
  expect(`${(error as Error).stack} ${JSON.stringify(error)} ${journal}`).not.toContain(password);
});

test.each([
  ['another fingerprint', { fingerprint: 'ab'.repeat(32) }],
  ['no authority that we know', { fingerprint: undefined }],
] as const)('a router with %s is refused and told nothing', async (_name, changes) => {
  const { server, call } = await restOf(json([]), changes);
  await expect(call('print', [menu])).rejects.toEqual(code('nas_identity'));
  expect(server.heard).toEqual([]);
});

test('nobody there, and a port that speaks no TLS', async () => {
  await expect(restTransport(1, {}).call('print', [menu])).rejects.toEqual(code('nas_unreachable'));
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  await expect(restTransport(port, {}).call('print', [menu])).rejects.toEqual(code('nas_protocol'));
});

test.each([
  ['says nothing', () => undefined],
  ['says nothing after the head', (response) => void response.writeHead(200).flushHeaders()],
  ['stops in the middle of a row', (response) => void response.writeHead(200).write('[{"a":"b')],
  ['says no, and not why', (response) => void response.writeHead(400).write('{"detail":"')],
] as readonly (readonly [string, RestScript])[])(
  'a router that %s is given up in time, and its connection with it',
  async (_what, script) => {
    const { server, call } = await restOf(script, { command_timeout: '200ms' });
    await expect(call('print', [menu])).rejects.toEqual(code('nas_timeout'));
    await until(() => server.open() === 0);
    await expect(call('print', [menu], 100)).rejects.toEqual(code('nas_timeout'));
  },
);

test.each([
  ['closes at once', (response) => void response.destroy()],
  [
    'closes after the head',
    (response) => void response.writeHead(200, { 'content-length': 100 }).write('[', () => response.destroy()),
  ],
  ['closes in the middle', (response) => void response.writeHead(200).write('[{"a":"b"},', () => response.destroy())],
] as readonly (readonly [string, RestScript])[])('a router that %s is out of reach', async (_what, script) => {
  const { call } = await restOf(script);
  await expect(call('print', [menu])).rejects.toEqual(code('nas_unreachable'));
});

test('an answer that ends well in the middle of a list is not believed', async () => {
  const { call } = await restOf((response) => response.end('[{"a":"b"},'));
  await expect(call('print', [menu])).rejects.toEqual(code('nas_protocol'));
});

test('an endless answer is given up', async () => {
  const piece = `${JSON.stringify({ comment: 'x'.repeat(4 * 1024 * 1024) })},`;
  const { server, call } = await restOf((response) => {
    response.write('[');
    const more = () => {
      while (!response.destroyed && response.write(piece));
      response.once('drain', more);
    };
    more();
  });
  await expect(call('print', [menu], 30_000)).rejects.toEqual(code('nas_protocol'));
  await until(() => server.open() === 0);
}, 40_000);

test('what is called off and what is closed ends as that', async () => {
  const { server, call, transport } = await restOf(() => undefined);
  const stop = new AbortController();
  const stopped = call('print', [menu], 5_000, stop.signal);
  await until(() => server.heard.length === 1);
  stop.abort();
  await expect(stopped).rejects.toEqual(code('aborted'));
  const left = call('print', [menu]);
  await until(() => server.heard.length === 2);
  await transport.close();
  await expect(left).rejects.toEqual(code('aborted'));
  await expect(call('print', [menu])).rejects.toEqual(code('aborted'));
});

test('one connection serves many requests, and a new one is made when the router closed it', async () => {
  const { server, call } = await restOf(json([]));
  for (let at = 0; at < 3; at += 1) await call('print', [menu]);
  expect(server.connections()).toBe(1);
  server.cut();
  await until(() => server.open() === 0);
  await call('print', [menu]);
  expect(server.connections()).toBe(2);
});

test('an idle connection is closed', async () => {
  const { server, call } = await restOf(json([]), { idle_close: '100ms' });
  await call('print', [menu]);
  expect(server.open()).toBe(1);
  await until(() => server.open() === 0);
});

test('a connection that the router closed while we sent is made anew for a read, and a failure for all else', async () => {
  const { server, call } = await restOf((response, heard) => {
    if (heard.before > 0) response.destroy();
    else json([])(response, heard);
  });
  for (let at = 0; at < 3; at += 1) expect(await call('print', [menu])).toEqual([]);
  expect(server.connections()).toBe(3);
  await expect(call('command', ['/x/run', {}])).rejects.toEqual(code('nas_unreachable'));
  expect(server.heard.filter(({ url }) => url === '/rest/x/run')).toHaveLength(1);
});

test('a router is known by its authority and the name in its certificate', async () => {
  const { server, call } = await restOf(json([]));
  const authority = { fingerprint: undefined, ca: server.cert };
  expect(await restTransport(server.port, { ...authority, servername: 'router' }).call('print', [menu])).toEqual([]);
  const other = restTransport(server.port, { ...authority, servername: 'router-2' });
  await expect(other.call('print', [menu])).rejects.toEqual(code('nas_identity'));
  expect(await call('print', [menu])).toEqual([]);
});

const pieces = fc.constantFrom(
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 400 Bad Request\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'content-length: 2\r\n',
  'content-length: 99999999999\r\n',
  'transfer-encoding: chunked\r\n',
  '\r\n',
  'ffffffff\r\n',
  '2\r\n[]\r\n0\r\n\r\n',
  '[]',
  '[{"a":"b"}]',
  '{"detail":1}',
  '\u0000',
);
const answers = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 8 });

test('whatever bytes come back, each call settles in time with rows or with an error of ours', async () => {
  const { key, cert, fingerprint } = selfSigned('router');
  let answer = '';
  const server = createTlsServer({ key, cert }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { call, journal } = restTransport(port, { fingerprint, command_timeout: '2s' });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(answers, async (parts) => {
      answer = parts.join('');
      const outcome = await call('print', [menu]).catch((error: unknown) => error);
      if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(OssiaError);
      seen.add(Array.isArray(outcome) ? 'rows' : (outcome as OssiaError).code);
    }),
    { numRuns: 300 },
  );
  expect([...seen]).toEqual(expect.arrayContaining(['nas_protocol', 'nas_unreachable']));
  expect(seen).not.toContain('internal');
  expect(journal.join()).not.toContain(password);
}, 60_000);

test('no more requests at once than the profile allows', async () => {
  let open = 0;
  let most = 0;
  const { call } = await restOf(
    (response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end('[]');
      }, 10);
    },
    { max_in_flight: 3 },
  );
  await Promise.all(Array.from({ length: 12 }, () => call('print', [menu])));
  expect(most).toBe(3);
});

test('pages come in lists, and who stops early stops the router', async () => {
  const rows = Array.from({ length: 2_500 }, (_, at) => ({ '.id': `*${at}`, list: at % 2 ? 'odd' : 'even' }));
  const { server, pages, transport, context } = await restOf(json(rows));
  const sizes: number[] = [];
  await pages([menu, {}, [], { size: 1_000 }], (list) => void sizes.push((list as unknown[]).length));
  expect(sizes).toEqual([1_000, 1_000, 500]);
  let even = 0;
  await pages([menu, { list: 'even' }], (list) => {
    even += (list as unknown[]).length;
  });
  expect(even).toBe(1_250);
  const stream = transport.stream?.('pages', [menu, {}, [], { size: 10 }], context());
  await stream?.next();
  await stream?.return?.();
  expect(server.heard).toHaveLength(3);
});

test('pages throw in the middle when the router does not come to the end', async () => {
  const { pages } = await restOf((response) => {
    response.write('[');
    for (let at = 0; at < 10; at += 1) response.write('{"a":"b"},');
    setTimeout(() => response.destroy(), 50);
  });
  let seen = 0;
  await expect(
    pages([menu, {}, [], { size: 5 }], () => {
      seen += 1;
    }),
  ).rejects.toEqual(code('nas_unreachable'));
  expect(seen).toBeGreaterThan(0);
});

test('the router sends no faster than pages are taken', async () => {
  let sent = 0;
  const piece = `${JSON.stringify({ comment: 'x'.repeat(64 * 1024) })},`;
  const { pages } = await restOf((response) => {
    response.write('[');
    const more = () => {
      while (sent < 2_000) {
        sent += 1;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end('{}]');
    };
    more();
  });
  let isFirst = true;
  let whileWaiting = 0;
  await pages([menu, {}, [], { size: 1 }], async () => {
    if (!isFirst) return;
    isFirst = false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    whileWaiting = sent;
  });
  expect(whileWaiting).toBeLessThan(1_000);
  expect(sent).toBe(2_000);
}, 30_000);

test('texts go in the encoding of the box, and half a character goes nowhere', async () => {
  const { server, call } = await restOf(
    (response) => response.end(Buffer.from('[{"a":"\xc8\xe2\xe0\xed"}]', 'latin1')),
    {
      encoding: 'win1251',
      password: 'p',
    },
  );
  expect(await call('command', ['/x/run', { comment: 'Ж' }])).toEqual([{ a: 'Иван' }]);
  expect(server.heard[0]?.headers['content-length']).toBe(`${'{"comment":"Ж"}'.length}`);
  await expect(call('command', ['/x/run', { comment: '语' }])).rejects.toEqual(code('value_unsafe'));
  await expect(call('command', ['/x/run', { comment: '\ud800' }])).rejects.toEqual(code('value_unsafe'));
  expect(server.heard).toHaveLength(1);
});

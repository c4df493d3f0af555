// The client against routers that fail in every way: whatever they do, each promise settles, with the right code.
import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { type ClientConfig, createClient } from '#core/transport/routeros/client.ts';
import { encodeSentence } from '#core/transport/routeros/sentence.ts';
import { until } from '#test/support/until.ts';
import { bytesOf, type Heard, startScriptedRouter } from './scripted-router.ts';

const password = 'очень секретно';

function clientOf(port: number, changes: Partial<ClientConfig> = {}) {
  const log: string[] = [];
  const client = createClient(
    {
      host: '127.0.0.1',
      port,
      tls: null,
      user: 'ossia',
      password,
      encoding: 'utf8',
      login: 'plain',
      maxInFlight: 8,
      connectTimeoutMs: 1_000,
      commandTimeoutMs: 5_000,
      idleCloseMs: 5_000,
      ...changes,
    },
    (message) => log.push(message),
  );
  onTestFinished(() => client.close());
  const ask = (words: readonly string[], afterMs = 5_000, signal = new AbortController().signal) =>
    client.request(words, { signal, deadline: Date.now() + afterMs });
  return { client, ask, log };
}

const isLogin = ({ words }: Heard) => words[0] === '/login';
const code = (expected: string) => expect.objectContaining({ name: 'OssiaError', code: expected });

test('client returns rows and what the done sentence carries', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    heard.reply('!re', '=.id=*1', '=comment=Иванов=Иван', '=__proto__=x');
    heard.reply('!re', '=.id=*2', '=comment=');
    heard.reply('!done', '=ret=*3');
  });
  const { ask } = clientOf(router.port);
  const answer = await ask(['/x/print', '?a=b=c']);
  expect(answer.rows.map((row) => Object.entries(row))).toEqual([
    [
      ['.id', '*1'],
      ['comment', 'Иванов=Иван'],
      ['__proto__', 'x'],
    ],
    [
      ['.id', '*2'],
      ['comment', ''],
    ],
  ]);
  expect(answer.done).toEqual({ ret: '*3' });
  expect(router.heard[0]).toEqual(['/login', '=name=ossia', `=password=${password}`]);
  expect(router.heard[1]?.slice(0, 2)).toEqual(['/x/print', '?a=b=c']);
});

test('client opens nothing until the first command and one connection for many', async () => {
  const router = await startScriptedRouter((heard) => {
    heard.reply('!done');
    return true;
  });
  const { ask } = clientOf(router.port);
  expect(router.connections()).toBe(0);
  await Promise.all([ask(['/a']), ask(['/b']), ask(['/c'])]);
  await ask(['/d']);
  expect(router.connections()).toBe(1);
});

function startOldRouter(challenge: string) {
  return startScriptedRouter((heard) => {
    if (!isLogin(heard)) heard.reply('!done');
    else if (heard.words.some((word) => word.startsWith('=response='))) heard.reply('!done');
    else heard.reply('!done', `=ret=${challenge}`);
    return true;
  });
}

test('client answers the MD5 challenge of routers older than 6.43 where the profile says so, and never sends the password', async () => {
  const challenge = '0102030405060708090a0b0c0d0e0f10';
  const router = await startOldRouter(challenge);
  await clientOf(router.port, { login: 'challenge' }).ask(['/x']);
  const digest = createHash('md5')
    .update(Buffer.concat([Buffer.from([0]), Buffer.from(password), Buffer.from(challenge, 'hex')]))
    .digest('hex');
  expect(router.heard.slice(0, 2)).toEqual([['/login'], ['/login', '=name=ossia', `=response=00${digest}`]]);
  expect(JSON.stringify(router.heard)).not.toContain(password);
});

test('client gives nobody an MD5 of the password who asks for one unasked', async () => {
  const router = await startOldRouter('0102030405060708090a0b0c0d0e0f10');
  await expect(clientOf(router.port).ask(['/x'])).rejects.toMatchObject({
    code: 'nas_auth',
    message: expect.stringContaining('login: challenge'),
  });
  expect(router.heard).toHaveLength(1);
});

test.each([
  ['no challenge', [], 'nas_auth'],
  ['a challenge that is none', ['=ret=zz'], 'nas_protocol'],
] as const)('client that is to answer a challenge ends when there is %s', async (_what, words, code) => {
  const router = await startScriptedRouter((heard) => {
    heard.reply('!done', ...words);
    return true;
  });
  await expect(clientOf(router.port, { login: 'challenge' }).ask(['/x'])).rejects.toMatchObject({ code });
  expect(JSON.stringify(router.heard)).not.toContain(password);
});

test('client rejects with nas_auth and the words of the router, and never with the password', async () => {
  const router = await startScriptedRouter((heard) => {
    heard.reply('!trap', '=message=invalid user name or password (6)');
    heard.reply('!done');
    return true;
  });
  const { ask, log } = clientOf(router.port);
  const error = await ask(['/x']).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'nas_auth', said: 'invalid user name or password (6)', retryable: false });
  expect(`${error.stack} ${JSON.stringify(error)} ${log}`).not.toContain(password);
});

test('client rejects with the words and the category of a trap, after its done', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    heard.reply('!trap', '=category=1', '=message=неверное значение');
    heard.reply('!trap', '=message=second');
    heard.reply('!done');
  });
  await expect(clientOf(router.port).ask(['/x'])).rejects.toMatchObject({
    code: 'nas_refused',
    said: 'неверное значение',
    details: { category: 1 },
  });
});

test('client takes an interrupted command for a busy router', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    heard.reply('!trap', '=category=2', '=message=interrupted');
    heard.reply('!done');
  });
  await expect(clientOf(router.port).ask(['/x'])).rejects.toEqual(code('nas_busy'));
});

test('client takes !empty for no rows', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    heard.reply('!empty');
    heard.reply('!done');
  });
  await expect(clientOf(router.port).ask(['/x/print'])).resolves.toEqual({ rows: [], done: {} });
});

test('client rejects only the command that got an unknown reply', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    if (heard.words[0] === '/odd') heard.reply('!later', '=x=y');
    if (heard.words[0] === '/good') heard.reply('!done', '=ret=1');
  });
  const { ask } = clientOf(router.port);
  const [odd, good] = await Promise.allSettled([ask(['/odd']), ask(['/good'])]);
  expect(odd).toEqual({ status: 'rejected', reason: code('nas_protocol') });
  expect(good).toMatchObject({ status: 'fulfilled', value: { done: { ret: '1' } } });
});

test('client ignores answers under tags that it does not know', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    heard.socket.write(bytesOf('!re', '=a=1', '.tag=4711'));
    heard.socket.write(bytesOf('!trap', '=message=who', '.tag=4711'));
    heard.socket.write(bytesOf('!done'));
    heard.reply('!done', '=ret=mine');
  });
  await expect(clientOf(router.port).ask(['/x'])).resolves.toEqual({ rows: [], done: { ret: 'mine' } });
});

test('client rejects at the deadline, cancels the command, and goes on with the connection', async () => {
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard) || heard.words[0] === '/never') return;
    heard.reply('!done');
  });
  const { ask } = clientOf(router.port);
  await expect(ask(['/never'], 150)).rejects.toEqual(code('nas_timeout'));
  await until(() => router.heard.some(([word]) => word === '/cancel'));
  const tag = router.heard
    .find(([word]) => word === '/never')
    ?.at(-1)
    ?.replace('.tag=', '');
  expect(router.heard.find(([word]) => word === '/cancel')?.[1]).toBe(`=tag=${tag}`);
  await ask(['/after']);
  expect(router.connections()).toBe(1);
});

test('client tells being called off from the deadline', async () => {
  const router = await startScriptedRouter(() => undefined);
  const { ask } = clientOf(router.port);
  const stop = new AbortController();
  const asked = ask(['/never'], 5_000, stop.signal);
  await until(() => router.heard.some(([word]) => word === '/never'));
  stop.abort();
  await expect(asked).rejects.toEqual(code('aborted'));
  await expect(ask(['/never'], 5_000, AbortSignal.timeout(100))).rejects.toEqual(code('nas_timeout'));
});

test('client sends nothing when the deadline is over before it could', async () => {
  const router = await startScriptedRouter((heard) => {
    heard.reply('!done');
    return true;
  });
  const { ask } = clientOf(router.port);
  await ask(['/first']);
  await expect(ask(['/late'], -1)).rejects.toEqual(code('nas_timeout'));
  await expect(ask(['/late'], 5_000, AbortSignal.abort())).rejects.toEqual(code('aborted'));
  await ask(['/last']);
  expect(router.heard.map(([word]) => word)).toEqual(['/login', '/first', '/last']);
});

test('client gives a connection up when not even the cancel is answered', async () => {
  const router = await startScriptedRouter((heard) => {
    if (router.connections() > 1) heard.reply('!done');
    else if (isLogin(heard)) return;
    return true;
  });
  const { ask } = clientOf(router.port);
  await expect(ask(['/never'], 100)).rejects.toEqual(code('nas_timeout'));
  await expect(ask(['/also-never'], 5_000)).rejects.toEqual(code('nas_unreachable'));
  await ask(['/after']);
  expect(router.connections()).toBe(2);
});

const endings: readonly (readonly [string, (heard: Heard) => void])[] = [
  ['a reset', ({ socket }) => socket.resetAndDestroy()],
  ['a FIN', ({ socket }) => socket.end()],
  ['a FIN in the middle of a word', ({ socket }) => socket.end(Buffer.from([0x85, 0, 33]))],
  ['!fatal', ({ socket }) => socket.write(bytesOf('!fatal', 'session terminated on request'))],
];

test.each(endings)('client rejects everything pending on %s and connects again for the next', async (_name, end) => {
  let commands = 0;
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    commands += 1;
    if (router.connections() > 1) heard.reply('!done');
    else if (commands === 3) end(heard);
  });
  const { ask } = clientOf(router.port);
  const results = await Promise.allSettled([ask(['/a']), ask(['/b']), ask(['/c'])]);
  for (const result of results) expect(result).toEqual({ status: 'rejected', reason: code('nas_unreachable') });
  await ask(['/d']);
  expect(router.connections()).toBe(2);
});

test('client keeps the reason of a !fatal', async () => {
  const router = await startScriptedRouter((heard) => {
    if (!isLogin(heard)) heard.socket.end(bytesOf('!fatal', 'перезагрузка'));
    return undefined;
  });
  await expect(clientOf(router.port).ask(['/x'])).rejects.toMatchObject({ said: 'перезагрузка' });
});

test.each(endings)('client rejects on %s during the login', async (_name, end) => {
  const router = await startScriptedRouter((heard) => {
    end(heard);
    return true;
  });
  await expect(clientOf(router.port).ask(['/x'])).rejects.toEqual(code('nas_unreachable'));
});

test('client rejects a login that is never answered at the connection deadline', async () => {
  const router = await startScriptedRouter(() => true);
  const { ask } = clientOf(router.port, { connectTimeoutMs: 100 });
  await expect(ask(['/x'])).rejects.toEqual(code('nas_timeout'));
});

test('client rejects when nobody listens', async () => {
  await expect(clientOf(1).ask(['/x'])).rejects.toEqual(code('nas_unreachable'));
});

test('client rejects with nas_protocol when the stream makes no sense', async () => {
  const router = await startScriptedRouter(({ socket, ...heard }) => {
    if (!isLogin({ socket, ...heard })) socket.write(Buffer.from([0xff, 0xff]));
    return undefined;
  });
  await expect(clientOf(router.port).ask(['/x'])).rejects.toEqual(code('nas_protocol'));
});

test('client understands an answer that comes byte by byte', async () => {
  const text = `=comment=${'Иванов '.repeat(300)}`;
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    const bytes = Buffer.concat([bytesOf('!re', text, ...heard.tag), bytesOf('!done', ...heard.tag)]);
    const next = (at: number) => {
      if (at < bytes.length) heard.socket.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
    };
    next(0);
  });
  const answer = await clientOf(router.port).ask(['/x']);
  expect(answer.rows).toEqual([{ comment: text.slice('=comment='.length) }]);
});

test('client settles 2,000 commands at once, never more on the wire than allowed', async () => {
  const open: Heard[] = [];
  let most = 0;
  const answerAll = () => {
    for (const heard of open.splice(0)) heard.reply('!done', `=ret=${heard.words[1]?.slice('=n='.length)}`);
  };
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    most = Math.max(most, open.push(heard));
    if (open.length === 16) setTimeout(answerAll, 2);
  });
  const { ask } = clientOf(router.port, { maxInFlight: 16 });
  const answers = await Promise.all(Array.from({ length: 2_000 }, (_, n) => ask(['/x', `=n=${n}`], 20_000)));
  expect(answers.map(({ done }) => done['ret'])).toEqual(Array.from({ length: 2_000 }, (_, n) => String(n)));
  expect(most).toBe(16);
});

test('client rejects what waits for its turn at its own deadline', async () => {
  const router = await startScriptedRouter(() => undefined);
  const { ask } = clientOf(router.port, { maxInFlight: 1 });
  const first = ask(['/never'], 1_000);
  const second = ask(['/waits'], 100);
  await expect(second).rejects.toEqual(code('nas_timeout'));
  await expect(first).rejects.toEqual(code('nas_timeout'));
  expect(router.heard.map(([word]) => word)).not.toContain('/waits');
});

test('client closes the connection when idle and opens another for the next command', async () => {
  const router = await startScriptedRouter((heard) => {
    heard.reply('!done');
    return true;
  });
  const { ask, log } = clientOf(router.port, { idleCloseMs: 30 });
  await ask(['/a']);
  await until(() => log.includes('connection closed'));
  await ask(['/b']);
  expect(router.connections()).toBe(2);
});

test('client ends what runs and takes nothing new when it is closed', async () => {
  const router = await startScriptedRouter(() => undefined);
  const { client, ask } = clientOf(router.port);
  const running = ask(['/never']);
  await until(() => router.heard.some(([word]) => word === '/never'));
  await client.close();
  await expect(running).rejects.toEqual(code('aborted'));
  await expect(ask(['/x'])).rejects.toEqual(code('aborted'));
});

test('client closed while it connects lets nobody wait', async () => {
  const router = await startScriptedRouter(() => true);
  const { client, ask } = clientOf(router.port);
  const running = ask(['/x']);
  await until(() => router.heard.length > 0);
  await client.close();
  await expect(running).rejects.toEqual(code('aborted'));
});

test('client speaks windows-1251 with a box that keeps its texts so', async () => {
  const cyrillic = Buffer.from('c8e2e0edeee2', 'hex');
  const router = await startScriptedRouter((heard) => {
    if (isLogin(heard)) return;
    const name = Buffer.concat([Buffer.from('=comment='), cyrillic]);
    heard.socket.write(encodeSentence([Buffer.from('!re'), name, ...heard.tag.map((tag) => Buffer.from(tag))]));
    heard.reply('!done');
  });
  const { ask } = clientOf(router.port, { encoding: 'win1251', password: 'latin' });
  await expect(ask(['/x'])).resolves.toMatchObject({ rows: [{ comment: 'Иванов' }] });
  await expect(ask(['/x', '=comment=日本'])).rejects.toEqual(code('value_unsafe'));
});

// The transport as a profile configures it and plugins call it: arguments, journal, dry-run texts, section.
import { expect, onTestFinished, test } from 'vitest';
import { clientConfig } from '#core/transport/routeros/config.ts';
import { routeros } from '#core/transport/routeros/routeros.ts';
import { startScriptedRouter } from './scripted-router.ts';

const section = { host: '10.0.0.1', user: 'ossia', password: 'secret' };
const parse = (changes: Record<string, unknown>) => routeros.config.safeParse({ ...section, ...changes });
const accepts = (method: string, args: readonly unknown[]) => routeros.methods[method]?.args.safeParse(args).success;

test('the section has working defaults', () => {
  expect(routeros.config.parse(section)).toEqual({
    ...section,
    via: 'api',
    login: 'plain',
    encoding: 'utf8',
    max_in_flight: 8,
    connect_timeout: 5_000,
    command_timeout: 10_000,
    idle_close: 60_000,
  });
  expect(routeros.secrets).toEqual(['password']);
});

const sections: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ host: undefined }, 'host'],
  [{ port: 70_000 }, 'port'],
  [{ encoding: 'koi8' }, 'encoding'],
  [{ tls: true, fingerprint: 'ab:cd' }, 'fingerprint'],
  [{ fingerprint: 'ab'.repeat(32) }, 'fingerprint'],
  [{ tls: true, ca: '/etc/ca.pem' }, 'ca'],
  [{ command_timeout: '5 bananas' }, 'command_timeout'],
  [{ login: 'md5' }, 'login'],
  [{ via: 'rest', tls: false }, 'tls'],
  [{ via: 'rest', login: 'challenge' }, 'login'],
  [{ via: 'rest', user: 'a:b' }, 'user'],
  [{ via: 'telnet' }, 'via'],
  [{ pasword: 'x' }, ''],
];

test.each(sections)('the section %o is refused at %s', (changes, key) => {
  const result = parse(changes);
  expect(result.success).toBe(false);
  expect(result.error?.issues[0]?.path.join('.')).toBe(key);
});

test('a fingerprint is taken as openssl prints it', () => {
  const printed = `SHA256 Fingerprint=${'AB:'.repeat(31)}AB`;
  expect(parse({ tls: true, fingerprint: printed }).data).toMatchObject({ fingerprint: 'AB'.repeat(32) });
});

test('REST needs no word on TLS, since it has it always', () => {
  const { data } = parse({ via: 'rest', fingerprint: 'ab'.repeat(32) });
  expect(data).toMatchObject({ via: 'rest' });
  expect(data && clientConfig(data)).toMatchObject({ port: 443, tls: { fingerprint: 'ab'.repeat(32) } });
});

test.each([
  ['print', ['/ip/firewall/address-list']],
  ['print', ['/ip/arp', null, ['address', '.id']]],
  ['ensure', ['/x', { list: 'a' }]],
  ['ensure', ['/x', { list: 'a' }, { comment: '' }]],
  ['ensureAbsent', ['/x', { '.id': '*1' }]],
  ['command', ['/ping', { address: '10.1.2.3', count: '3' }]],
] as const)('%s takes %j', (method, args) => {
  expect(accepts(method, args)).toBe(true);
});

test.each([
  ['print', ['ip/arp']],
  ['print', ['/ip/arp\n']],
  ['print', ['/ip/arp', { 'a=b': 'c' }]],
  ['print', ['/ip/arp', {}, ['a,b']]],
  ['ensure', ['/x', {}]],
  ['ensure', ['/x', { list: 7 }]],
  ['ensure', ['/x', JSON.parse('{"__proto__": "x"}')]],
  ['ensureAbsent', ['/ip/firewall/address-list', {}]],
  ['ensureAbsent', ['/ip/firewall/address-list', { address: '' }]],
  ['ensureAbsent', ['/ip/firewall/address-list']],
  ['command', ['/login', { name: 'x' }]],
  ['command', ['/quit']],
  ['command', ['/x', { a: 'b' }, 'more']],
] as const)('%s refuses %j', (method, args) => {
  expect(accepts(method, args)).toBe(false);
});

test('reads and writes are told apart for dry runs', () => {
  expect(Object.entries(routeros.methods).map(([name, { access }]) => [name, access])).toEqual([
    ['print', 'read'],
    ['pages', 'read'],
    ['ensure', 'write'],
    ['ensureAbsent', 'write'],
    ['command', 'write'],
  ]);
});

test.each([
  ['print', ['/ip/arp', { address: '10.1.2.3' }], '/ip/arp/print where address=10.1.2.3'],
  ['print', ['/ip/arp'], '/ip/arp/print'],
  [
    'ensure',
    ['/ip/firewall/address-list', { list: 'blocked', address: '10.1.2.3' }, { comment: 'a "b" $c\n' }],
    '/ip/firewall/address-list/add list=blocked address=10.1.2.3 comment="a \\"b\\" \\$c\\n"',
  ],
  ['ensureAbsent', ['/queue/simple', { name: 'crb_1' }], '/queue/simple/remove [find name=crb_1]'],
  ['command', ['/ppp/secret/set', { '.id': '*1', password: 'x' }], '/ppp/secret/set .id=*1 password=***'],
] as const)('%s %j is described as a command of the box', async (method, args, text) => {
  const transport = routeros.connect(routeros.config.parse(section), { nas: 'test', log: () => undefined });
  expect(transport.describe(method, args)).toBe(text);
  await transport.close();
});

test('calls leave what was said in the journal, and the connection in the log', async () => {
  const router = await startScriptedRouter(({ words, reply }) => {
    if (words[0] === '/x/print') reply('!re', '=.id=*1', '=comment=Иванов', '=password=hidden');
    if (words[0] === '/x/refuse') reply('!trap', '=message=нельзя');
    if (words[0] !== '/login') reply('!done');
    return undefined;
  });
  const log: string[] = [];
  const transport = routeros.connect(routeros.config.parse({ ...section, host: '127.0.0.1', port: router.port }), {
    nas: 'bras-1',
    log: (level, message) => log.push(`${level} ${message}`),
  });
  onTestFinished(() => transport.close());
  const journal: string[] = [];
  const context = {
    signal: new AbortController().signal,
    deadline: Date.now() + 5_000,
    record: ({ kind, text }: { kind: string; text: string }) => journal.push(`${kind} ${text}`),
  };
  expect(await transport.call('print', ['/x'], context)).toEqual([
    { '.id': '*1', comment: 'Иванов', password: 'hidden' },
  ]);
  await transport.call('command', ['/x/do', { address: '10.1.2.3' }], context);
  await expect(transport.call('command', ['/x/refuse'], context)).rejects.toMatchObject({ said: 'нельзя' });
  expect(journal).toEqual([
    'sent /x/print',
    'received .id=*1 comment="Иванов" password=***',
    'sent /x/do address=10.1.2.3',
    'received done',
    'sent /x/refuse',
    'received нельзя',
  ]);
  expect(log).toEqual(['info RouterOS API of bras-1 (127.0.0.1): connected']);
});

test('the journal does not say sent of what never left', async () => {
  const unreachable = routeros.config.parse({ ...section, host: '127.0.0.1', port: 1 });
  const transport = routeros.connect(unreachable, { nas: 'bras-1', log: () => undefined });
  onTestFinished(() => transport.close());
  const journal: string[] = [];
  const context = {
    signal: new AbortController().signal,
    deadline: Date.now() + 5_000,
    record: ({ kind, text }: { kind: string; text: string }) => journal.push(`${kind} ${text}`),
  };
  await expect(transport.call('command', ['/x/do'], context)).rejects.toMatchObject({ code: 'nas_unreachable' });
  expect(journal).toEqual(['log /x/do: No connection to 127.0.0.1:1 (ECONNREFUSED).']);
});

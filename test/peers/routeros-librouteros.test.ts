// Our client against an independent server, and an independent client against our simulator: both on python3-librouteros.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { routeros } from '#core/transport/routeros/routeros.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { inProcessDevice } from '#test/support/in-process-device.ts';
import { startPeerProcess } from '#test/support/process.ts';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

const python = '/usr/bin/python3';
const serverScript = new URL('../support/librouteros-server.py', import.meta.url).pathname;

async function startServer(mode: 'plain' | 'challenge' | 'drip') {
  const peer = await startPeerProcess({ command: python, args: [serverScript, '0', mode], ready: /port \d+\n/ });
  onTestFinished(() => peer.close());
  return { port: Number(/port (\d+)/.exec(peer.output())?.[1]), close: peer.close };
}

function deviceAt(port: number, changes: Record<string, unknown> = {}) {
  const section = { host: '127.0.0.1', port, user: 'admin', password: 'pw', ...changes };
  const opened = inProcessDevice([{ definition: routeros as TransportDefinition, section }]);
  onTestFinished(opened.close);
  return { routeros: opened.device.routeros, exchanges: opened.exchanges };
}

const menu = '/ip/firewall/address-list';

test.each(['plain', 'challenge', 'drip'] as const)(
  'our client keeps a table of an independent server as asked (%s)',
  async (mode) => {
    const { port } = await startServer(mode);
    const device = deviceAt(port, mode === 'challenge' ? { login: 'challenge' } : {}).routeros;
    const key = { list: 'стоп', address: '10.1.2.3' };
    expect(await device.print(menu)).toEqual([]);
    expect(await device.ensure(menu, key, { comment: 'Иванов = "Иван"\n' })).toBe('added');
    expect(await device.ensure(menu, key, { comment: 'Иванов = "Иван"\n' })).toBe('unchanged');
    expect(await device.ensure(menu, key, { comment: 'Петров' })).toBe('changed');
    expect(await device.print(menu, { list: 'стоп' }, ['comment'])).toEqual([{ comment: 'Петров' }]);
    expect(await device.ensureAbsent(menu, { address: '10.9.9.9' })).toBe(0);
    expect(await device.ensureAbsent(menu, key)).toBe(1);
    expect(await device.ensureAbsent(menu, key)).toBe(0);
  },
);

test('our client carries words of every length form to an independent server and back', async () => {
  const { port } = await startServer('plain');
  const device = deviceAt(port).routeros;
  for (const length of [1, 127, 128, 16_383, 16_384, 300_000, 2_200_000]) {
    const comment = 'x'.repeat(length);
    await device.ensure(menu, { list: 'long', address: '10.1.2.3' }, { comment });
    expect((await device.print(menu, {}, ['comment']))[0]?.['comment']?.length).toBe(length);
  }
});

test('our client reads a long table of an independent server page by page, and short ones too', async () => {
  const { port } = await startServer('plain');
  const { routeros: device, exchanges } = deviceAt(port);
  const pagesOf = async (where = {}) =>
    Array.fromAsync(device.pages(menu, where, ['address', 'comment'], { size: 300 }), (rows) => rows);
  expect(await pagesOf()).toEqual([]);
  for (let at = 0; at < 1000; at += 1)
    await device.command(`${menu}/add`, {
      list: at % 2 ? 'стоп' : 'иди',
      address: `10.0.${at >> 8}.${at & 255}`,
      comment: `абонент ${at}`,
    });

  const all = await pagesOf();
  expect(all.map((rows) => rows.length)).toEqual([300, 300, 300, 100]);
  expect(all.flat().at(-1)).toEqual({ address: '10.0.3.231', comment: 'абонент 999' });
  expect((await pagesOf({ list: 'стоп' })).flat().length).toBe(500);
  expect(exchanges.at(-1)?.text).toBe('500 rows');
  expect(await device.print(menu, { address: '10.0.3.231' }, ['list'])).toEqual([{ list: 'стоп' }]);
});

test('our client tells the failures of an independent server apart', async () => {
  const { port, close } = await startServer('plain');
  await expect(deviceAt(port, { password: 'wrong' }).routeros.print(menu)).rejects.toMatchObject({
    code: 'nas_auth',
    said: 'invalid user name or password (6)',
  });
  const device = deviceAt(port, { command_timeout: '200ms' }).routeros;
  await expect(device.command('/test/trap')).rejects.toMatchObject({
    code: 'nas_refused',
    said: 'нет такой команды',
    details: { category: 0 },
  });
  await expect(device.command('/test/slow')).rejects.toMatchObject({ code: 'nas_timeout' });
  await expect(device.command('/test/fatal')).rejects.toMatchObject({ code: 'nas_unreachable', said: 'not logged in' });
  expect(await device.print(menu)).toEqual([]);
  await close();
  await expect(device.print(menu)).rejects.toMatchObject({ code: 'nas_unreachable' });
});

test('our client answers no challenge of an independent server unasked', async () => {
  const { port } = await startServer('challenge');
  await expect(deviceAt(port).routeros.print(menu)).rejects.toMatchObject({ code: 'nas_auth' });
});

test('our client leaves no secret in the journal', async () => {
  const { port } = await startServer('challenge');
  const { routeros: device, exchanges } = deviceAt(port, { login: 'challenge' });
  await device.ensure('/ppp/secret', { name: 'alice' }, { password: 'сов секретно', service: 'pppoe' });
  const journal = exchanges.map(({ text }) => text).join('\n');
  expect(journal).toContain('/ppp/secret/add name=alice password=*** service=pppoe');
  expect(journal).not.toMatch(/сов секретно|response|=pw/);
});

const clientScript = `
import json, sys
from librouteros import connect
from librouteros.exceptions import TrapError
from librouteros.login import plain
from librouteros.query import Key
port, user, password = json.loads(sys.stdin.read())
out = {}
api = connect('127.0.0.1', user, password, port=port, encoding='latin-1', login_method=plain)
lists = api.path('ip', 'firewall', 'address-list')
out['added'] = lists.add(list='crb_blocked', address='10.1.2.3/32', comment='one')
out['rows'] = list(lists.select(Key('list'), Key('address')).where(Key('list') == 'crb_blocked'))
out['none'] = list(lists.select(Key('list')).where(Key('list') == 'other'))
try:
    lists.add(list='crb_blocked', address='10.1.2.3')
except TrapError as error:
    out['double'] = str(error)
try:
    lists.remove('*FF')
except TrapError as error:
    out['missing'] = str(error)
queues = api.path('queue', 'simple')
queues.add(**{'name': 'crb_10.1.2.3', 'target': '10.1.2.3', 'max-limit': '5M/20M'})
queue = tuple(queues)[0]
out['queue'] = [queue['target'], queue['max-limit'], queue['burst-time']]
queues.update(**{'.id': queue['.id'], 'max-limit': '1M/1M'})
out['changed'] = tuple(queues)[0]['max-limit']
out['resource'] = tuple(api.path('system', 'resource'))[0]['version']
lists.remove(out['added'])
api.close()
try:
    connect('127.0.0.1', user, 'wrong', port=port, login_method=plain)
except TrapError as error:
    out['login'] = str(error)
print(json.dumps(out))
`;

test('an independent client finds our simulator to be a router', async () => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const { port, user, password } = simulator.transports['routeros'] as Record<string, string | number>;
  const running = promisify(execFile)(python, ['-c', clientScript], { timeout: 20_000 });
  running.child.stdin?.end(JSON.stringify([port, user, password]));
  const said = JSON.parse((await running).stdout);
  expect(said).toEqual({
    added: '*2',
    rows: [{ list: 'crb_blocked', address: '10.1.2.3' }],
    none: [],
    double: expect.stringContaining('already have such entry'),
    missing: expect.stringContaining('no such item'),
    queue: ['10.1.2.3/32', '5000000/20000000', '0s/0s'],
    changed: '1000000/1000000',
    resource: '7.20.1 (stable)',
    login: expect.stringContaining('invalid user name or password'),
  });
});

// The cli transport against a real telnetd: its negotiation, its login dialog, and the same command line behind it.
import { afterEach, expect, test } from 'vitest';
import { startTcpProxy } from '#core/simulator/tcp-proxy.ts';
import { cli } from '#plugin-sdk';
import { createCliPeers } from '#test/support/cli-peer.ts';
import { until } from '#test/support/until.ts';

const peers = createCliPeers();
afterEach(peers.close);

test('a login by user, password and enable password leads to what a command prints', async () => {
  const box = (await peers.telnet('ios')).connect();
  expect(await box.call('read', cli`show version`)).toBe(
    'Box Software, Version 1.0\nuptime is 3 weeks\nСерийный номер 7',
  );
  expect(await box.call('run', cli`clear subscriber ${'ivan'}`)).toContain('done: clear subscriber ivan');
  expect(box.exchanges.slice(0, 4).map(({ text }) => text)).toEqual([
    '(login as ossia)',
    '(the password)',
    'enable',
    '(the enable password)',
  ]);
  expect(JSON.stringify(box.exchanges)).not.toContain('telnet-secret');
});

test('pages, long lines and thousands of lines come whole', async () => {
  const box = (await peers.telnet('ios')).connect({
    platform: { extends: 'cisco-ios', prepare: ['terminal length 24'] },
  });
  const shown = await box.call<string>('read', cli`show lines ${300}`);
  expect(shown.split('\n')).toHaveLength(300);
  expect(shown).toContain('line 300 login-300');
  const words = Array.from({ length: 20 }, (_, at) => `word-${at}`).join(' ');
  expect(await box.call('read', { parts: [`show ${words}`], values: [] })).toBe(`asked for ${words}`);
});

test('a password that is not taken is told as credentials, without it', async () => {
  const peer = await peers.telnet('ios');
  const box = peer.connect({ password: 'wrong-secret' });
  const failure = await box.call('read', cli`show version`).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'nas_auth' });
  expect(JSON.stringify([failure, box.exchanges])).not.toContain('wrong-secret');
  await until(async () => (await peer.connections()) === 0, 5_000);
});

test('the configuration is changed over it, and a line that drops is told as unreachable', async () => {
  const peer = await peers.telnet('ios');
  const box = peer.connect();
  await box.call('configure', [cli`interface ${'Gi0/1'}`, cli`description ${'abon-7'}`]);
  expect(peer.configuration().lines).toEqual(['interface Gi0/1', 'description abon-7']);
  await expect(box.call('read', cli`show drop`)).rejects.toMatchObject({ code: 'nas_unreachable' });
  expect(await box.call('read', cli`show next`)).toBe('asked for next');
});

test('bytes that come one by one, or late, change nothing', async () => {
  const peer = await peers.telnet('ios');
  const proxy = await startTcpProxy(peer);
  for (const fault of ['split', 'slow'] as const) {
    proxy.set(fault);
    const box = peer.connect({ port: proxy.port, settle: '400ms' });
    expect(await box.call('read', cli`show prompts`)).toContain('bras-1# three\n--More-- four');
    expect(await box.call('read', cli`show version`)).toContain('Серийный номер 7');
    await box.close();
  }
  await proxy.close();
});

test('a box that is cut off, or silent, is told as unreachable or late, and then used again', async () => {
  const peer = await peers.telnet('ios');
  const proxy = await startTcpProxy(peer);
  const box = peer.connect({ port: proxy.port });
  await box.call('read', cli`show first`);
  proxy.set('half-open');
  await expect(box.callWithin(800, 'read', cli`show next`)).rejects.toMatchObject({ code: 'nas_timeout' });
  await expect(box.callWithin(800, 'read', cli`show next`)).rejects.toMatchObject({ retryable: true });
  proxy.set('reset');
  await expect(box.call('read', cli`show next`)).rejects.toMatchObject({ code: 'nas_unreachable' });
  proxy.set(null);
  expect(await box.call('read', cli`show next`)).toBe('asked for next');
  await proxy.close();
});

test('nobody at the port is told as unreachable', async () => {
  const peer = await peers.telnet('ios');
  const box = peer.connect();
  await peers.close();
  await expect(peer.connect().call('read', cli`show next`)).rejects.toMatchObject({ code: 'nas_unreachable' });
  await peers.close();
  expect(box.exchanges).toEqual([]);
});

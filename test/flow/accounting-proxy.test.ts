// Many boxes behind one RADIUS proxy: each session is its own box's, so that it is also ended there; others are not believed.
import { expect, onTestFinished, test } from 'vitest';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import { attributing } from '#core/ingest/box-of-record.ts';
import { accountingRecord } from '#test/support/accounting-record.ts';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { radclient } from '#test/support/radclient.ts';
import { createSite } from '#test/support/site.ts';

async function world({ proxy }: { proxy: boolean }) {
  const site = createSite();
  onTestFinished(() => site.close());
  const told: string[] = [];
  const options = { hooks: { user_disconnect: [{ disconnect: {} }] } };
  for (const [name, match] of [
    ['centre', { nas_ip: '127.0.0.1' }],
    ['bras-1', { nas_identifier: 'брас-1', nas_ip: '10.0.0.1' }],
    ['bras-2', { nas_ip: '10.0.0.2' }],
  ] as const) {
    const box = await startCoaBox((packet) => {
      told.push(`${name} ${attributeText(packet, 44)}`);
      return true;
    });
    onTestFinished(() => box.close());
    const coa = { host: '127.0.0.1', port: box.port, secret: box.secret };
    const radius = { secret: site.secret('acct', 'accounting-secret'), proxy };
    site.profile(name, {
      plugin: 'generic-coa',
      match,
      transports: { coa },
      options,
      ...(name === 'centre' ? { radius } : {}),
    });
  }
  const daemon = await site.start();
  const start = (session: string, ...more: readonly string[]) => [
    'Acct-Status-Type = Start',
    `Acct-Session-Id = "${session}"`,
    'User-Name = "алиса"',
    ...more,
  ];
  const packets = [
    start('1', 'NAS-Identifier = "брас-1"', 'NAS-IP-Address = 192.168.1.1'),
    start('2', 'NAS-IP-Address = 10.0.0.2', 'NAS-Identifier = "other"'),
    start('3', 'NAS-IP-Address = 192.168.1.9'),
  ];
  const { code, output } = await radclient({ port: daemon.accountingPort, secret: 'accounting-secret', packets });
  expect(code, output).toBe(0);
  const { body } = await daemon.call('GET', '/v1/sessions');
  const { sessions } = body as { sessions: { id: string; acct_session_id: string; nas: string }[] };
  const boxes = Object.fromEntries(sessions.map(({ acct_session_id, nas }) => [acct_session_id, nas]));
  return { daemon, told, boxes, sessions };
}

test('behind a proxy a session is of the box that it names, and is ended there', async () => {
  const { daemon, told, boxes, sessions } = await world({ proxy: true });

  expect(boxes).toEqual({ 1: 'bras-1', 2: 'bras-2', 3: 'centre' });
  const id = sessions.find(({ nas }) => nas === 'bras-2')?.id;
  await daemon.call('DELETE', `/v1/sessions/${id}?reason=works&wait=0`);
  await expect.poll(() => told, { timeout: 10_000 }).toEqual(['bras-2 2']);
});

test('a box that is no proxy speaks for itself alone, whatever it says', async () => {
  const { boxes } = await world({ proxy: false });

  expect(boxes).toEqual({ 1: 'centre', 2: 'centre', 3: 'centre' });
});

test('a copy that comes straight from the box is the same record as the one by the proxy', async () => {
  const kept: AccountingRecord[] = [];
  const sink = attributing(async (record) => void kept.push(record), {
    speaksForOthers: (nas) => nas === 'proxy',
    boxNamed: ({ nasIp }) => (nasIp === '10.0.0.1' ? 'bras-1' : undefined),
  });
  await sink(accountingRecord({ nas: 'proxy' }));
  await sink(accountingRecord({ nas: 'bras-1' }));
  await sink(accountingRecord({ nas: 'bras-2' }));
  expect(kept.map(({ nas }) => nas)).toEqual(['bras-1', 'bras-1', 'bras-2']);
  expect(kept[0]).toEqual(kept[1]);
});

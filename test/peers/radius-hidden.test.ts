// Passwords and keys in a CoA-Request, unhidden by FreeRADIUS: it must read in its detail file what we wrote.
import { expect, onTestFinished, test } from 'vitest';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { startFreeradius } from '#test/support/freeradius.ts';
import { until } from '#test/support/until.ts';

const definition = createCoaDefinition(await loadDictionary('nas-profiles/dictionaries'));
const secret = 'секрет-testing123';

test('FreeRADIUS reads the passwords and keys of a CoA-Request as they were given, and the journal shows none', async () => {
  const port = await freeUdpPort();
  const freeradius = await startFreeradius({
    secret,
    modules: `
  detail coalog {
    filename = \${logdir}/coa-detail
    header = "%t"
  }`,
    servers: `
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
  }
  recv-coa {
    coalog
    ok
  }
}`,
  });
  onTestFinished(() => freeradius.close());
  const config = definition.config.parse({ host: '127.0.0.1', port, secret, timeouts: { initial: '300ms' } });
  const transport = definition.connect(config, { nas: 'freeradius', log: () => undefined });
  onTestFinished(() => transport.close());
  const journal: string[] = [];
  const attributes = {
    'User-Name': 'alice',
    'Tunnel-Password:3': 'тайна of a tunnel, longer than one block of sixteen',
    'MS-MPPE-Send-Key': `0x${'0123456789abcdef'.repeat(4)}`,
  };

  const call = { deadline: Date.now() + 5000, signal: AbortSignal.timeout(5000) };
  await transport.call('coa', [attributes], { ...call, record: ({ text }) => void journal.push(text) });

  const detail = await until(async () => {
    const text = await freeradius.readLog('coa-detail');
    return text.endsWith('\n\n') && text;
  });
  expect(detail).toContain('Tunnel-Password:3 = "тайна of a tunnel, longer than one block of sixteen"');
  expect(detail).toContain(`MS-MPPE-Send-Key = 0x${'0123456789abcdef'.repeat(4)}`);
  expect(journal.join('\n')).toContain('Tunnel-Password:3=*** MS-MPPE-Send-Key=***');
  const refused = transport.call('coa', [{ 'User-Password': 'тайна' }], { ...call, record: () => undefined });
  await expect(refused).rejects.toMatchObject({
    code: 'arguments_invalid',
    message: expect.not.stringContaining('тайна'),
  });
  expect(transport.describe('coa', [attributes])).not.toMatch(/тайна|0123/);
});

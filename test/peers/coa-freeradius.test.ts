// Our CoA transport against FreeRADIUS as the box: it checks our packets by its own code and says in its detail file what arrived.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { Transport } from '#core/transport/transport.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { type Freeradius, startFreeradius } from '#test/support/freeradius.ts';
import { until } from '#test/support/until.ts';

const secret = 'секрет-testing123';
const definition = createCoaDefinition(await loadDictionary('nas-profiles/dictionaries'));

let freeradius: Freeradius;
let port = 0;
const opened: Transport[] = [];

beforeAll(async () => {
  port = await freeUdpPort();
  freeradius = await startFreeradius({
    secret,
    requireMessageAuthenticator: true,
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
    if (&User-Name =~ /^nak([0-9]+)$/) {
      update reply {
        Error-Cause := "%{1}"
        Reply-Message := "нет такой сессии"
      }
      reject
    }
    elsif (&User-Name == "bare-nak") {
      reject
    }
    elsif (&User-Name == "silent") {
      update control {
        Response-Packet-Type := Do-Not-Respond
      }
      ok
    }
    else {
      update reply {
        Session-Timeout := 600
        Class := 0x0102
      }
      ok
    }
  }
}`,
  });
});

afterAll(async () => {
  for (const transport of opened) await transport.close();
  await freeradius?.close();
});

interface Options {
  readonly key?: string;
  readonly messageAuthenticator?: boolean;
}

function connect({ key = secret, messageAuthenticator = true }: Options = {}): Transport {
  const config = definition.config.parse({
    host: '127.0.0.1',
    port,
    secret: key,
    message_authenticator: messageAuthenticator,
    timeouts: { initial: '200ms' },
  });
  const transport = definition.connect(config, { nas: 'freeradius', log: () => undefined });
  opened.push(transport);
  return transport;
}

function call(transport: Transport, method: string, attributes: object, deadlineMs = 5_000) {
  const exchanges: string[] = [];
  const answer = transport.call(method, [attributes], {
    deadline: Date.now() + deadlineMs,
    signal: AbortSignal.timeout(deadlineMs),
    record: ({ text }) => void exchanges.push(text),
  });
  return Object.assign(answer, { exchanges });
}

/** The attributes of every packet with that User-Name, as FreeRADIUS wrote them down. */
async function arrived(userName: string): Promise<string[][]> {
  const detail = await until(async () => {
    const text = await freeradius.readLog('coa-detail');
    return text.includes(`User-Name = "${userName}"`) && text.endsWith('\n\n') && text;
  });
  return detail
    .split(/\n{2,}/)
    .filter((record) => record.includes(`User-Name = "${userName}"`))
    .map((record) => record.split('\n').flatMap((line) => (line.startsWith('\t') ? [line.trim()] : [])));
}

describe('a CoA-Request', () => {
  test('arrives with every attribute as it was given, and is acknowledged', async () => {
    const answer = await call(connect(), 'coa', {
      'User-Name': 'алиса',
      'Acct-Session-Id': '81000001',
      'NAS-IP-Address': '127.0.0.1',
      'Mikrotik-Rate-Limit': '10M/50M',
      'Mikrotik-Address-List': 'должники',
      'Cisco-AVPair': ['subscriber:command=activate-service', 'subscriber:service-name=basic'],
      'ERX-Service-Activate:1': 'internet(10m,50m)',
      'Framed-IPv6-Prefix': '2001:db8:1::/48',
      'Session-Timeout': 3600,
      'HW-QOS-Profile-Name': 'p-100m',
      'H3C-Output-Peak-Rate': 50_000_000,
      'Alc-SLA-Prof-Str': 'sla-1',
      'ZTE-Rate-Ctrl-SCR-Down': 51_200,
      'WISPr-Bandwidth-Max-Down': 50_000_000,
      'Service-Name:2': 'rse',
      'Acct-Input-Octets-64': '18446744073709551615',
    });
    expect(answer).toEqual({ code: 'CoA-ACK', attributes: { 'Session-Timeout': 600, Class: '0x0102' } });
    const [attributes = []] = await arrived('алиса');
    expect(attributes).toEqual(
      expect.arrayContaining([
        'User-Name = "алиса"',
        'Acct-Session-Id = "81000001"',
        'NAS-IP-Address = 127.0.0.1',
        'Mikrotik-Rate-Limit = "10M/50M"',
        'Mikrotik-Address-List = "должники"',
        'Cisco-AVPair = "subscriber:command=activate-service"',
        'Cisco-AVPair = "subscriber:service-name=basic"',
        'ERX-Service-Activate:1 = "internet(10m,50m)"',
        'Framed-IPv6-Prefix = 2001:db8:1::/48',
        'Session-Timeout = 3600',
        'Huawei-Qos-Profile-Name = "p-100m"',
        'H3C-Output-Peak-Rate = 50000000',
        'Alc-SLA-Prof-Str = "sla-1"',
        'ZTE-Rate-Ctrl-SCR-Down = 51200',
        'WISPr-Bandwidth-Max-Down = 50000000',
        'Service-Name:2 = "rse"',
        'Acct-Input-Octets-64 = 18446744073709551615',
      ]),
    );
    expect(attributes.filter((line) => line.startsWith('Message-Authenticator = 0x'))).toHaveLength(1);
    expect(attributes.filter((line) => line.startsWith('Event-Timestamp = '))).toHaveLength(1);
  });

  test('without a Message-Authenticator is not taken by a box that requires one', async () => {
    const bare = call(connect({ messageAuthenticator: false }), 'coa', { 'User-Name': 'bare' }, 700);
    await expect(bare).rejects.toMatchObject({ code: 'nas_timeout' });
    expect(await freeradius.readLog('coa-detail')).not.toContain('"bare"');
  });

  test('signed with another secret is not taken', async () => {
    const wrong = call(connect({ key: 'testing124' }), 'coa', { 'User-Name': 'wrong-secret' }, 700);
    await expect(wrong).rejects.toMatchObject({ code: 'nas_timeout' });
    expect(await freeradius.readLog('coa-detail')).not.toContain('"wrong-secret"');
  });

  test('that is not answered is sent again as the same packet, until the deadline', async () => {
    const began = performance.now();
    const silent = call(connect(), 'coa', { 'User-Name': 'silent' }, 1_200);
    await expect(silent).rejects.toMatchObject({ code: 'nas_timeout', retryable: true });
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(silent.exchanges.filter((line) => line.includes('again')).length).toBeGreaterThanOrEqual(2);
    // FreeRADIUS recognises retransmissions by their bytes: it hears several and handles one.
    expect(await arrived('silent')).toHaveLength(1);
  });
});

describe('a Disconnect-Request', () => {
  test('is acknowledged', async () => {
    const answer = await call(connect(), 'disconnect', { 'User-Name': 'bob', 'Acct-Session-Id': '81000002' });
    expect(answer).toMatchObject({ code: 'Disconnect-ACK' });
    expect(freeradius.output()).toContain('Received Disconnect-Request');
  });

  test('answered by NAK 503 is session_not_found, with what the box said', async () => {
    const nak = call(connect(), 'disconnect', { 'User-Name': 'nak503' });
    await expect(nak).rejects.toMatchObject({
      code: 'session_not_found',
      said: 'Session-Context-Not-Found (503): нет такой сессии',
      details: { errorCause: 503 },
    });
    expect(nak.exchanges.at(-1)).toMatch(/^Disconnect-NAK id=\d+ Error-Cause=Session-Context-Not-Found Reply-Message=/);
  });
});

describe('a NAK', () => {
  for (const [cause, code] of [
    [401, 'nas_refused'],
    [403, 'nas_refused'],
    [502, 'nas_busy'],
    [505, 'nas_busy'],
    [506, 'nas_busy'],
    [507, 'nas_refused'],
  ] as const) {
    test(`with Error-Cause ${cause} is ${code}`, async () => {
      const nak = call(connect(), 'coa', { 'User-Name': `nak${cause}` });
      await expect(nak).rejects.toMatchObject({ code, details: { errorCause: cause } });
    });
  }

  test('without an Error-Cause is nas_refused', async () => {
    await expect(call(connect(), 'coa', { 'User-Name': 'bare-nak' })).rejects.toMatchObject({ code: 'nas_refused' });
  });
});

test('three hundred requests at once are all acknowledged', async () => {
  const transport = connect();
  const calls = Array.from({ length: 300 }, (_, index) => call(transport, 'coa', { 'User-Name': `many${index}` }));
  for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ code: 'CoA-ACK' });
});

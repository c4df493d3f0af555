// The generic-coa plugin against FreeRADIUS as the box: what its templates become, as FreeRADIUS wrote it down.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { type Freeradius, startFreeradius } from '#test/support/freeradius.ts';
import { type InProcessDevice, inProcessDevice } from '#test/support/in-process-device.ts';
import { until } from '#test/support/until.ts';
import type { GenericCoaOptions, Step } from '../../plugins/generic-coa/options.ts';
import plugin from '../../plugins/generic-coa/plugin.ts';

const secret = 'секрет-testing123';
const definition = createCoaDefinition(await loadDictionary('nas-profiles/dictionaries')) as TransportDefinition;

let freeradius: Freeradius;
let box: InProcessDevice;

beforeAll(async () => {
  const port = await freeUdpPort();
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
    if ((&User-Name =~ /^offline/) || (&Acct-Session-Id == "old")) {
      update reply {
        Error-Cause := 503
      }
      reject
    }
    elsif (&User-Name =~ /^nak([0-9]+)/) {
      update reply {
        Error-Cause := "%{1}"
      }
      reject
    }
    elsif (&User-Name == "silent") {
      update control {
        Response-Packet-Type := Do-Not-Respond
      }
      ok
    }
    else {
      ok
    }
  }
}`,
  });
  const section = { host: '127.0.0.1', port, secret, timeouts: { initial: '200ms', total: '700ms' } };
  box = inProcessDevice([{ definition, section }]);
});

afterAll(async () => {
  await box?.close();
  await freeradius?.close();
});

interface Run {
  readonly steps: readonly Step[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly options?: GenericCoaOptions;
}

async function run(hook: string, login: string, { steps, variables = {}, options = {} }: Run): Promise<string> {
  const input = {
    account: { user_id: '1001', login, nas_ip: '127.0.0.1', ...variables },
    options: { ...options, hooks: { [hook]: steps } },
    hook,
    attempt: 1,
    token: 'job-1',
    deadline: Date.now() + 5_000,
    dryRun: false,
    log: () => undefined,
  };
  try {
    await plugin.hooks[hook]?.(input, box.device);
    return 'done';
  } catch (error) {
    const { verdict, code } = error as { verdict?: string; code?: string };
    return verdict ?? code ?? String(error);
  }
}

/** Each packet with that User-Name, its attributes as FreeRADIUS wrote them; without what every packet has. */
async function arrived(login: string): Promise<string[][]> {
  const detail = await until(async () => {
    const text = await freeradius.readLog('coa-detail');
    return text.includes(`User-Name = "${login}"`) && text.endsWith('\n\n') && text;
  });
  const common = /^(User-Name|Message-Authenticator|Event-Timestamp|Timestamp) = /;
  return detail
    .split(/\n{2,}/)
    .filter((record) => record.includes(`User-Name = "${login}"`))
    .map((record) => record.split('\n').flatMap((line) => (line.startsWith('\t') ? [line.trim()] : [])))
    .map((lines) => lines.filter((line) => !common.test(line)));
}

test('templates arrive as the attributes that they name, in the units of the box', async () => {
  const steps = [
    {
      coa: {
        'Mikrotik-Rate-Limit': '{rate_in}k/{rate_out}k',
        'H3C-Output-Peak-Rate': '{rate_out*1000}',
        'Cisco-AVPair': ['subscriber:command=activate-service', 'subscriber:service-name=speed-{rate_out}'],
        'ERX-Service-Activate:1': 'internet({rate_in},{rate_out})',
        'Alc-SLA-Prof-Str': '{tariff}',
        'Filter-Id': '{{{rate_in}}',
        'Framed-IP-Address': '{ip}',
        'Calling-Station-Id': '{mac?}',
        'Session-Timeout': 3600,
      },
    },
  ];
  const variables = {
    rate_in: '5000',
    rate_out: '20000',
    tariff: 'Домашний "100"',
    ip: '100.64.0.7',
    acct_session_id: '0008100A',
  };
  expect(await run('user_rate_set', 'алиса', { steps, variables })).toBe('done');
  expect(await arrived('алиса')).toEqual([
    [
      'Packet-Type = CoA-Request',
      'Acct-Session-Id = "0008100A"',
      'Mikrotik-Rate-Limit = "5000k/20000k"',
      'H3C-Output-Peak-Rate = 20000000',
      'Cisco-AVPair = "subscriber:command=activate-service"',
      'Cisco-AVPair = "subscriber:service-name=speed-20000"',
      'ERX-Service-Activate:1 = "internet(5000,20000)"',
      'Alc-SLA-Prof-Str = "Домашний \\"100\\""',
      'Filter-Id = "{5000}"',
      'Framed-IP-Address = 100.64.0.7',
      'Session-Timeout = 3600',
    ],
  ]);
});

test('a Disconnect arrives with what identifies and nothing else', async () => {
  const variables = { acct_session_id: '81000001', rate_in: '5000' };
  expect(await run('user_disconnect', 'bob', { steps: [{ disconnect: {} }], variables })).toBe('done');
  expect(await arrived('bob')).toEqual([['Packet-Type = Disconnect-Request', 'Acct-Session-Id = "81000001"']]);
});

test('the steps of a hook arrive in their order', async () => {
  const steps = [{ coa: { 'Filter-Id': 'blocked' } }, { disconnect: {} }];
  expect(await run('user_drop', 'carol', { steps })).toBe('done');
  expect(await arrived('carol')).toEqual([
    ['Packet-Type = CoA-Request', 'Filter-Id = "blocked"'],
    ['Packet-Type = Disconnect-Request'],
  ]);
});

test('a box without the session ends the hook as the options say', async () => {
  const coa = [{ coa: { 'Filter-Id': 'blocked' } }];
  const disconnect = [{ disconnect: {} }];
  expect(await run('user_drop', 'offline-1', { steps: coa })).toBe('gone');
  expect(await run('user_drop', 'offline-2', { steps: coa, options: { offline: 'refuse' } })).toBe('refuse');
  expect(await run('user_del', 'offline-3', { steps: disconnect, options: { offline: 'refuse' } })).toBe('gone');
});

test('a session id of an older session is dropped after a miss, except when that session is to be ended', async () => {
  const variables = { acct_session_id: 'old' };
  expect(await run('user_drop', 'dave', { steps: [{ coa: { 'Filter-Id': 'blocked' } }], variables })).toBe('done');
  expect(await arrived('dave')).toEqual([
    ['Packet-Type = CoA-Request', 'Acct-Session-Id = "old"', 'Filter-Id = "blocked"'],
    ['Packet-Type = CoA-Request', 'Filter-Id = "blocked"'],
  ]);
  expect(await run('user_disconnect', 'erin', { steps: [{ disconnect: {} }], variables })).toBe('gone');
  expect(await arrived('erin')).toEqual([['Packet-Type = Disconnect-Request', 'Acct-Session-Id = "old"']]);
});

test('other answers, and none, keep their meaning', async () => {
  const steps = [{ coa: { 'Filter-Id': 'blocked' } }];
  expect(await run('user_drop', 'nak401', { steps })).toBe('nas_refused');
  expect(await run('user_drop', 'nak506', { steps })).toBe('nas_busy');
  expect(await run('user_drop', 'silent', { steps })).toBe('nas_timeout');
});

test('hostile values arrive as one attribute or not at all', async () => {
  const steps = [{ coa: { 'Filter-Id': '{zone}' } }];
  const zones = [
    'a"\n\tClass = 0x00',
    "'; Session-Timeout = 1",
    'зона\r\n',
    'x'.repeat(253),
    'x'.repeat(10_240),
    '☃'.repeat(200),
  ];
  const outcomes: string[] = [];
  for (const [index, zone] of zones.entries())
    outcomes.push(await run('user_drop', `mallory-${index}`, { steps, variables: { zone } }));
  expect(outcomes).toEqual(['done', 'done', 'done', 'done', 'refuse', 'arguments_invalid']);
  for (const index of [0, 1, 2, 3]) {
    const [attributes = []] = await arrived(`mallory-${index}`);
    expect(attributes).toEqual(['Packet-Type = CoA-Request', expect.stringMatching(/^Filter-Id = "/)]);
  }
  const detail = await freeradius.readLog('coa-detail');
  expect(detail).not.toMatch(/mallory-[45]/);
});

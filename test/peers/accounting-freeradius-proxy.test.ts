// FreeRADIUS between the NAS and us, as most providers would attach us: it forwards, and it asks whether we are there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAccountingStage } from '#test/support/accounting-stage.ts';
import { freeUdpPorts } from '#test/support/free-udp-port.ts';
import { type Freeradius, startFreeradius } from '#test/support/freeradius.ts';
import { radclient } from '#test/support/radclient.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

let ports: { ours: number; proxy: number };
let freeradius: Freeradius;

const openStage = () => startAccountingStage({ directory: tempDir(), port: ports.ours, secret: 'between-proxies' });

beforeAll(async () => {
  const [ours = 0, proxy = 0] = await freeUdpPorts(2);
  ports = { ours, proxy };
  freeradius = await startFreeradius({
    proxy: `
proxy server {
  default_fallback = no
}
home_server ossia {
  type = acct
  ipaddr = 127.0.0.1
  port = ${ours}
  secret = between-proxies
  response_window = 1
  zombie_period = 1
  status_check = status-server
  check_interval = 6
  check_timeout = 1
  num_answers_to_alive = 3
}
home_server_pool pool {
  type = fail-over
  home_server = ossia
}
realm ossia {
  acct_pool = pool
}`,
    servers: `
server acct {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${proxy}
  }
  preacct {
    update control {
      Proxy-To-Realm := "ossia"
    }
  }
  accounting {
    ok
  }
}`,
  });
});
afterAll(() => freeradius?.close());

const start = [
  'User-Name = "Сидоров"',
  'Acct-Session-Id = "90000001"',
  'NAS-Identifier = "behind-the-proxy"',
  'Acct-Status-Type = Start',
];

test('FreeRADIUS forwards what it got and hands our answer on without its Proxy-State', async () => {
  const stage = await openStage();
  try {
    const { code, output } = await radclient({ port: ports.proxy, packets: [start] });

    expect(code).toBe(0);
    expect(output).toContain('Received Accounting-Response');
    expect(output).not.toContain('Proxy-State');
    expect(freeradius.output()).toMatch(/Received Accounting-Response[\s\S]*Proxy-State = 0x/);
    expect(stage.records).toMatchObject([{ userName: 'Сидоров', nasIdentifier: 'behind-the-proxy', status: 'start' }]);
    expect(await stage.store.openSessions()).toHaveLength(1);
  } finally {
    await stage.close();
  }
});

test('FreeRADIUS that has lost us asks by Status-Server, and takes our answer', async () => {
  // It gives a server up only over requests that are still waiting when their answer is due: on a busy machine not the first.
  await until(async () => {
    expect((await radclient({ port: ports.proxy, packets: [start], tries: 2 })).code).not.toBe(0);
    return freeradius.output().includes('Status-Server');
  }, 25_000);
  const stage = await openStage();
  try {
    await until(() => freeradius.output().includes('Received response to status check'), 25_000);

    expect(stage.listener.stats().statusServer).toBeGreaterThan(0);
    expect(freeradius.output()).not.toContain('Shared secret is incorrect');
  } finally {
    await stage.close();
  }
}, 60_000);

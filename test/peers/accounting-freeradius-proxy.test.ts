// FreeRADIUS between the NAS and us, as most providers would attach us: it forwards, and it asks whether we are there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAccountingStage } from '#test/support/accounting-stage.ts';
import { freeUdpPorts } from '#test/support/free-udp-port.ts';
import { startFreeradius } from '#test/support/freeradius.ts';
import { radclient } from '#test/support/radclient.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

let ports: { ours: number; proxy: number };
let closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const [ours = 0, proxy = 0] = await freeUdpPorts(2);
  ports = { ours, proxy };
  const freeradius = await startFreeradius({
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
  closers.push(freeradius.close);
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

const start = [
  'User-Name = "Сидоров"',
  'Acct-Session-Id = "90000001"',
  'NAS-Identifier = "behind-the-proxy"',
  'Acct-Status-Type = Start',
];

test('FreeRADIUS forwards with Proxy-State, takes our answer, and asks by Status-Server until we are back', async () => {
  const send = (tries: number) => radclient({ port: ports.proxy, packets: [start], tries });

  // Nobody is there: the proxy gives us up, and begins to ask.
  expect((await send(2)).code).not.toBe(0);
  const stage = await startAccountingStage({ directory: tempDir(), port: ports.ours, secret: 'between-proxies' });
  closers.push(stage.close);

  await until(() => stage.listener.stats().statusServer >= 3, 25_000);
  const { code, output } = await until(async () => {
    const sent = await send(3);
    return sent.code === 0 && sent;
  });

  expect(code).toBe(0);
  expect(output).toContain('Received Accounting-Response');
  expect(output).not.toContain('Proxy-State');
  expect(stage.records[0]).toMatchObject({ userName: 'Сидоров', nasIdentifier: 'behind-the-proxy', status: 'start' });
  expect(stage.listener.stats()).toMatchObject({ failed: 0, dropped: { authenticator: 0, message_authenticator: 0 } });
  expect(await stage.store.openSessions()).toHaveLength(1);
}, 60_000);

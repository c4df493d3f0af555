// Accounting over TLS: radclient speaks UDP to radsecproxy, which brings it to us as RadSec; and what else may knock there.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountingRecord, AccountingSink } from '#core/ingest/accounting.ts';
import { profileOfPeer, type RadsecPeer } from '#core/ingest/radsec-clients.ts';
import { startRadsecListener } from '#core/ingest/radsec-listener.ts';
import { type Certificate, makeAuthority } from '#test/support/certificates.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { startFreeradius } from '#test/support/freeradius.ts';
import { startPeerProcess } from '#test/support/process.ts';
import { radclient } from '#test/support/radclient.ts';
import { createSite } from '#test/support/site.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

async function world({ sink, certificate = 'bras-1.example' }: { sink?: AccountingSink; certificate?: string } = {}) {
  const directory = tempDir();
  const authority = await makeAuthority(directory);
  const [server, client] = await Promise.all([authority.issue('ossia.example'), authority.issue('bras-1.example')]);
  const records: AccountingRecord[] = [];
  const counted: string[] = [];
  const radius = {
    addresses: ['127.0.0.1'],
    certificates: [certificate],
    requireMessageAuthenticator: 'if-present',
  } as const;
  const profiles = [{ name: 'bras-1', radius }];
  const listener = await startRadsecListener({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: server.cert, key: server.key, ca: authority.cert },
    clients(peer: RadsecPeer) {
      const profile = profileOfPeer(profiles, peer);
      return profile && { nas: profile.name, requireMessageAuthenticator: profile.radius.requireMessageAuthenticator };
    },
    async sink(record) {
      records.push(record);
      await sink?.(record);
    },
    log: { warn: () => {} },
    count: (result) => counted.push(result),
  });
  onTestFinished(() => listener.close());
  return { directory, authority, client, records, counted, listener };
}

interface ProxyTo {
  readonly directory: string;
  readonly authority: Certificate;
  readonly client: Certificate;
  readonly listener: { readonly port: number };
}

async function startProxy(given: ProxyTo) {
  const port = await freeUdpPort();
  const config = join(given.directory, 'radsecproxy.conf');
  await writeFile(
    config,
    `ListenUDP 127.0.0.1:${port}
LogLevel 2
LogDestination file:///dev/stderr
tls default {
  CACertificateFile ${given.authority.certFile}
  CertificateFile ${given.client.certFile}
  CertificateKeyFile ${given.client.keyFile}
}
client 127.0.0.1 {
  type udp
  secret testing123
}
server 127.0.0.1 {
  type tls
  port ${given.listener.port}
  secret radsec
  certificateNameCheck off
}
realm * {
  server 127.0.0.1
  accountingServer 127.0.0.1
}
`,
  );
  const proxy = await startPeerProcess({
    command: 'radsecproxy',
    args: ['-f', '-d', '2', '-c', config],
    ready: /listening for udp/i,
  });
  onTestFinished(() => proxy.close());
  return { port, proxy };
}

const packet = (status: string, session: string) => [
  `Acct-Status-Type = ${status}`,
  `Acct-Session-Id = "${session}"`,
  'User-Name = "алиса"',
  'NAS-IP-Address = 10.0.0.1',
];

test('radsecproxy brings accounting over TLS, and each packet is answered once it is kept', async () => {
  const given = await world();
  const { port, proxy } = await startProxy(given);
  const packets = Array.from({ length: 200 }, (_, n) => packet(n % 2 === 0 ? 'Start' : 'Stop', `s${n >> 1}`));
  const { code, output } = await radclient({ port, packets });
  expect(code, `${output.slice(-1500)}\n${proxy.output()}`).toBe(0);
  expect(given.records).toHaveLength(200);
  expect(given.records[0]).toMatchObject({ nas: 'bras-1', userName: 'алиса', status: 'start', nasIp: '10.0.0.1' });
  expect(given.counted.filter((result) => result === 'stop')).toHaveLength(100);
}, 30_000);

test('FreeRADIUS proxies accounting over TLS, many packets at once', async () => {
  const { authority, client, listener, records } = await world();
  const port = await freeUdpPort();
  const freeradius = await startFreeradius({
    // TLS needs its threads, which its debug mode has not.
    debug: false,
    proxy: `
proxy server {
  default_fallback = no
}
home_server ossia {
  type = acct
  ipaddr = 127.0.0.1
  port = ${listener.port}
  proto = tcp
  secret = radsec
  tls {
    private_key_file = ${client.keyFile}
    certificate_file = ${client.certFile}
    ca_file = ${authority.certFile}
  }
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
    port = ${port}
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
  onTestFinished(() => freeradius.close());
  const packets = Array.from({ length: 100 }, (_, n) => packet('Start', `s${n}`));
  const { code, output } = await radclient({ port, packets, tries: 5 });
  expect(code, `${output.slice(-800)}\n${await freeradius.readLog('radius.log')}${freeradius.output()}`).toBe(0);
  expect(new Set(records.map(({ acctSessionId }) => acctSessionId)).size).toBe(100);
}, 40_000);

test('a packet that could not be kept is not answered', async () => {
  const given = await world({ sink: () => Promise.reject(new Error('the disk is full')) });
  const { port } = await startProxy(given);
  const { output } = await radclient({ port, packets: [packet('Start', '1')], tries: 1 });
  expect(output).not.toContain('Received Accounting-Response');
  expect(given.records.length).toBeGreaterThan(0);
}, 30_000);

test('a certificate of our authority that no profile names is let in nowhere', async () => {
  const given = await world({ certificate: 'bras-2.example' });
  const { port } = await startProxy(given);
  const { output } = await radclient({ port, packets: [packet('Start', '1')], tries: 1 });
  expect(output).not.toContain('Received Accounting-Response');
  expect(given.counted).toContain('unknown_client');
  expect(given.records).toEqual([]);
}, 30_000);

test.each(['no certificate', 'a certificate of another authority', 'no TLS at all'])(
  'a client with %s is refused',
  async (what) => {
    const given = await world();
    const stranger = await makeAuthority(tempDir(), 'stranger');
    const foreign = await stranger.issue('bras-1.example');
    const { port } = given.listener;
    const identity = what === 'no certificate' ? {} : { cert: foreign.cert, key: foreign.key };
    if (what === 'no TLS at all') {
      const { connect: plain } = await import('node:net');
      const socket = plain(port, '127.0.0.1', () => socket.write(Buffer.alloc(100)));
      socket.on('error', () => {});
      await until(() => socket.closed);
    } else {
      const socket = connect({ port, host: '127.0.0.1', ca: given.authority.cert, ...identity });
      socket.on('error', () => {});
      socket.on('secureConnect', () => socket.write(Buffer.from('04010014'.padEnd(40, '0'), 'hex')));
      await until(() => socket.closed);
    }
    await until(() => given.counted.includes('tls_refused'));
    expect(given.records).toEqual([]);
  },
);

test('bytes that are no RADIUS, and forged packets, from a known client end or leave nothing', async () => {
  const given = await world();
  const { cert, key } = given.client;
  const socket = connect({ port: given.listener.port, host: '127.0.0.1', ca: given.authority.cert, cert, key });
  socket.on('error', () => {});
  await until(() => socket.authorized);
  socket.write(Buffer.from('04010014'.padEnd(40, '0'), 'hex'));
  await until(() => given.counted.includes('authenticator'));
  socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await until(() => socket.closed);
  expect(given.counted).toContain('length');
  expect(given.records).toEqual([]);
});

test('the whole daemon takes accounting over TLS as its settings say, by the name in the profile', async () => {
  const directory = tempDir();
  const authority = await makeAuthority(directory);
  const [server, client] = await Promise.all([authority.issue('ossia.example'), authority.issue('bras-1.example')]);
  const radsec = { host: '127.0.0.1', port: 0, cert: server.certFile, key: server.keyFile, ca: authority.certFile };
  const site = createSite({ accounting: { host: '127.0.0.1', port: 0, radsec } });
  onTestFinished(() => site.close());
  site.profile('bras', {
    plugin: 'generic-coa',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', secret: site.secret('coa', 'coa-secret') } },
    radius: { secret: site.secret('acct', 'accounting-secret'), certificate: 'bras-1.example' },
    options: { hooks: { user_disconnect: [{ disconnect: {} }] } },
  });
  const daemon = await site.start();
  const port = Number(daemon.log.find(({ msg }) => msg === 'ready')?.['radsec']);
  expect(port).toBeGreaterThan(0);
  const proxy = await startProxy({ directory, authority, client, listener: { port } });
  const { code, output } = await radclient({ port: proxy.port, packets: [packet('Start', '1'), packet('Stop', '1')] });
  expect(code, `${output}\n${JSON.stringify(daemon.log)}`).toBe(0);
  const metrics = String((await daemon.call('GET', '/metrics')).body);
  expect(metrics).toContain('ossia_accounting_packets_total{result="start"} 1');
  expect(metrics).toContain('ossia_accounting_packets_total{result="stop"} 1');
}, 60_000);

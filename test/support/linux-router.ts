// A real Linux router between a client and a server, each in its own namespace, with OpenSSH on its management side.
import { randomInt } from 'node:crypto';
import { createNamespaces, type Namespaces, type Ran } from '#test/support/netns.ts';
import { type SshPeer, startOpenSsh } from '#test/support/openssh.ts';
import { until } from '#test/support/until.ts';

export interface LinuxRouter {
  readonly ssh: SshPeer;
  readonly namespaces: Namespaces;
  client(...command: readonly string[]): Promise<Ran>;
  router(...command: readonly string[]): Promise<Ran>;
  server(...command: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** Two subscribers live in the client's namespace, a web page, a portal and a name server in the server's. */
export const places = {
  subscriber: '10.77.0.10',
  neighbour: '10.77.0.11',
  subscriber6: 'fd77::10',
  gateway: '10.77.0.1',
  web: '198.51.100.3',
  web6: 'fd98::3',
  portal: '198.51.100.2',
  blockedPort: 8081,
  noBalancePort: 8082,
  /** Of the web and of the portal: says whom it sees. */
  whoPort: 8083,
  /** What is sent there comes back to the router. */
  snatips: ['203.0.113.5', '203.0.113.6'],
  allowed: '198.51.100.4',
} as const;

// Not http.server's own server class: that one asks the name service about its address first.
const page = (text: string) =>
  `import http.server,socketserver,sys
class Page(http.server.BaseHTTPRequestHandler):
  protocol_version='HTTP/1.0'
  def do_GET(self):
    body=${JSON.stringify(text)}.replace('{client}',self.client_address[0]).encode()
    self.send_response(200); self.send_header('Content-Length',str(len(body))); self.end_headers(); self.wfile.write(body)
  def log_message(self,*a): pass
socketserver.ThreadingTCPServer.allow_reuse_address=True
socketserver.ThreadingTCPServer((sys.argv[1],int(sys.argv[2])),Page).serve_forever()`;

export async function startLinuxRouter(): Promise<LinuxRouter> {
  const namespaces = createNamespaces();
  let ssh: SshPeer | undefined;
  const run =
    (short: string) =>
    (...command: readonly string[]) =>
      namespaces.run(short, command);
  const [client, router, server] = [run('c'), run('r'), run('s')];

  async function close(): Promise<void> {
    await ssh?.close();
    await namespaces.close();
  }
  try {
    for (const short of ['c', 'r', 's']) await namespaces.add(short);
    const net = `10.${randomInt(200, 250)}.${randomInt(0, 255)}`;
    const management = `om${randomInt(1e6, 1e7).toString(36)}`;
    await namespaces.link(
      { netns: null, interface: management, addresses: [`${net}.1/30`] },
      { netns: 'r', interface: 'mgmt', addresses: [`${net}.2/30`] },
    );
    await namespaces.link(
      { netns: 'c', interface: 'eth0', addresses: ['10.77.0.10/16', '10.77.0.11/16', 'fd77::10/64'] },
      { netns: 'r', interface: 'lan', addresses: ['10.77.0.1/16', 'fd77::1/64'] },
    );
    await namespaces.link(
      {
        netns: 's',
        interface: 'eth0',
        addresses: ['198.51.100.2/24', '198.51.100.3/24', '198.51.100.4/24', 'fd98::3/64'],
      },
      { netns: 'r', interface: 'wan', addresses: ['198.51.100.1/24', 'fd98::1/64'] },
    );
    await router('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding');
    for (const [ns, gateway4, gateway6] of [
      [client, '10.77.0.1', 'fd77::1'],
      [server, '198.51.100.1', 'fd98::1'],
    ] as const) {
      await ns('ip', 'route', 'add', 'default', 'via', gateway4);
      await ns('ip', '-6', 'route', 'add', 'default', 'via', gateway6);
    }
    const pages = [
      [places.web, 80, 'the internet'],
      [places.allowed, 80, 'the payment page'],
      [places.portal, places.blockedPort, 'Вы заблокированы'],
      [places.portal, places.noBalancePort, 'Пополните баланс'],
      [places.web, places.whoPort, '{client}'],
      [places.portal, places.whoPort, '{client}'],
    ] as const;
    for (const [address, port, text] of pages)
      namespaces.start('s', ['/usr/bin/python3', '-c', page(text), address, String(port)]);
    ssh = await startOpenSsh({ netns: namespaces.name('r'), host: `${net}.2` });
    const listening = async () => (await server('ss', '-ltnH')).stdout.trim().split('\n').length >= pages.length;
    await until(listening, 10_000, 50);
    return { ssh, namespaces, client, router, server, close };
  } catch (error) {
    await close();
    throw error;
  }
}

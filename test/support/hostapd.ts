// hostapd as a real NAS in a network namespace: a wired 802.1X subscriber logs in through FreeRADIUS, and can be disconnected.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Freeradius, startFreeradius } from '#test/support/freeradius.ts';
import { createNetworkNamespace, type NetworkNamespace } from '#test/support/network-namespace.ts';
import { type PeerProcess, startPeerProcess } from '#test/support/process.ts';
import { until } from '#test/support/until.ts';

export interface HostapdOptions {
  /** Where hostapd sends its accounting, inside the namespace; without it FreeRADIUS takes it into `acct-detail`. */
  readonly accountingPort?: number;
  readonly secret?: string;
  readonly user?: string;
  /** Seconds between Interim-Updates; the FreeRADIUS answer orders it as well. */
  readonly interimInterval?: number;
}

export interface Hostapd {
  readonly namespace: NetworkNamespace;
  /** Where it listens for Disconnect-Requests, with Message-Authenticator and Event-Timestamp required. */
  readonly dasPort: number;
  readonly secret: string;
  readonly user: string;
  readonly freeradius: Freeradius;
  /** What hostapd printed so far, in its debug mode. */
  output(): string;
  /** Starts the subscriber's supplicant, and resolves when hostapd has let it in. */
  logIn(): Promise<void>;
  /** Stops the supplicant. */
  logOut(): Promise<void>;
  close(): Promise<void>;
}

const authPort = 21_812;
const ownAccountingPort = 21_813;
const dasPort = 23_899;

/** Ports are fixed: the namespace has nobody else. Close the one that you got; it takes the namespace with it. */
export async function startHostapd(options: HostapdOptions = {}): Promise<Hostapd> {
  const secret = options.secret ?? 'testing123';
  const user = options.user ?? 'bob';
  const releasers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const release of releasers.splice(0).reverse()) await release();
  };
  try {
    const dir = await mkdtemp(join(tmpdir(), 'ossia-hostapd-'));
    releasers.push(() => rm(dir, { recursive: true, force: true }));
    const namespace = await createNetworkNamespace();
    releasers.push(namespace.close);
    await namespace.ip('link', 'add', 'veth-ap', 'type', 'veth', 'peer', 'name', 'veth-sta');
    for (const link of ['veth-ap', 'veth-sta']) await namespace.ip('link', 'set', link, 'up');

    const freeradius = await startAuthServer({ namespace, secret, user, interval: options.interimInterval ?? 60 });
    releasers.push(freeradius.close);

    const file = join(dir, 'hostapd.conf');
    await writeFile(file, hostapdConfiguration({ secret, options }));
    const hostapd = await startPeerProcess({
      command: 'hostapd',
      args: ['-d', file],
      ready: /AP-ENABLED/,
      netns: namespace.name,
    });
    releasers.push(hostapd.close);

    let supplicant: PeerProcess | undefined;
    const logOut = async () => {
      const running = supplicant;
      supplicant = undefined;
      await running?.close();
    };
    releasers.push(logOut);
    return {
      namespace,
      dasPort,
      secret,
      user,
      freeradius,
      output: hostapd.output,
      logOut,
      async logIn() {
        const before = count(hostapd.output(), 'AP-STA-CONNECTED');
        await mkdir(join(dir, 'ctrl'), { recursive: true });
        await writeFile(join(dir, 'wpa.conf'), supplicantConfiguration(dir, user));
        supplicant = await startPeerProcess({
          command: 'wpa_supplicant',
          args: ['-i', 'veth-sta', '-D', 'wired', '-c', join(dir, 'wpa.conf')],
          ready: /CTRL-EVENT-EAP-SUCCESS/,
          netns: namespace.name,
        });
        await until(() => count(hostapd.output(), 'AP-STA-CONNECTED') > before);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

interface AuthServer {
  readonly namespace: NetworkNamespace;
  readonly secret: string;
  readonly user: string;
  readonly interval: number;
}

function startAuthServer({ namespace, secret, user, interval }: AuthServer): Promise<Freeradius> {
  return startFreeradius({
    netns: namespace.name,
    secret,
    users: `${user} Cleartext-Password := "wonderland"\n\tClass = 0x636c617373, Acct-Interim-Interval = ${interval}\n`,
    modules: `
  eap {
    default_eap_type = md5
    md5 {
    }
  }
  detail acctlog {
    filename = \${logdir}/acct-detail
    header = "%t"
  }`,
    servers: `
server access {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${authPort}
  }
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${ownAccountingPort}
  }
  authorize {
    files
    eap {
      ok = return
    }
  }
  authenticate {
    eap
  }
  accounting {
    acctlog
    ok
  }
}`,
  });
}

function hostapdConfiguration({
  secret,
  options,
}: {
  readonly secret: string;
  readonly options: HostapdOptions;
}): string {
  return `
interface=veth-ap
driver=wired
ieee8021x=1
use_pae_group_addr=1
eap_server=0
own_ip_addr=127.0.0.1
nas_identifier=hostapd-nas
auth_server_addr=127.0.0.1
auth_server_port=${authPort}
auth_server_shared_secret=${secret}
acct_server_addr=127.0.0.1
acct_server_port=${options.accountingPort ?? ownAccountingPort}
acct_server_shared_secret=${secret}
radius_acct_interim_interval=${options.interimInterval ?? 60}
radius_das_port=${dasPort}
radius_das_client=127.0.0.1 ${secret}
radius_das_time_window=300
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
`;
}

function supplicantConfiguration(dir: string, user: string): string {
  return `
ctrl_interface=${dir}/ctrl
ap_scan=0
network={
  key_mgmt=IEEE8021X
  eap=MD5
  identity="${user}"
  password="wonderland"
  eapol_flags=0
}
`;
}

// FreeRADIUS with a configuration of the test's own, in the foreground, in a scratch directory: a real RADIUS peer of any role.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPeerProcess } from '#test/support/process.ts';

export interface FreeradiusOptions {
  /** `server name { ... }` sections. One-line sections are a syntax error in FreeRADIUS 3. `${dir}` and `${logdir}` can be used. */
  readonly servers: string;
  /** More text inside `modules { }`; `always ok`, `always reject` and the `files` module (when there are users) are there already. */
  readonly modules?: string;
  /** Top-level text for proxying: `proxy server`, `home_server`, `home_server_pool`, `realm`. */
  readonly proxy?: string;
  /** The `users` file; with it there is a module `files`. */
  readonly users?: string;
  /** Of the client 127.0.0.0/8. */
  readonly secret?: string;
  readonly requireMessageAuthenticator?: boolean;
  /** Printing every packet (`-X`, one thread) is the default; switch it off to measure speed. */
  readonly debug?: boolean;
  /** A network namespace made by `ip netns add`, to run it in. */
  readonly netns?: string;
}

export interface Freeradius {
  readonly dir: string;
  readonly pid: number;
  /** What it printed so far. */
  output(): string;
  /** A file below its log directory, e.g. of a `detail` module; empty while there is none. */
  readLog(name: string): Promise<string>;
  close(): Promise<void>;
}

export async function startFreeradius(options: FreeradiusOptions): Promise<Freeradius> {
  const dir = await mkdtemp(join(tmpdir(), 'ossia-freeradius-'));
  try {
    await Promise.all([mkdir(join(dir, 'run')), mkdir(join(dir, 'log'))]);
    await writeFile(join(dir, 'radiusd.conf'), configuration(dir, options));
    if (options.users !== undefined) await writeFile(join(dir, 'users'), options.users);
    const peer = await startPeerProcess({
      command: 'freeradius',
      args: ['-f', '-d', dir, '-n', 'radiusd', ...(options.debug === false ? ['-l', 'stdout'] : ['-X'])],
      ready: /Ready to process requests/,
      netns: options.netns,
    });
    return {
      dir,
      pid: peer.pid,
      output: peer.output,
      async readLog(name) {
        const file = join(dir, 'log', name);
        return existsSync(file) ? readFile(file, 'utf8') : '';
      },
      async close() {
        await peer.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

function configuration(dir: string, options: FreeradiusOptions): string {
  const files = options.users === undefined ? '' : `  files {\n    filename = ${dir}/users\n  }\n`;
  return `
libdir = /usr/lib/freeradius
name = radiusd
dir = ${dir}
confdir = ${dir}
raddbdir = ${dir}
run_dir = ${dir}/run
logdir = ${dir}/log
db_dir = ${dir}/run
pidfile = ${dir}/run/radiusd.pid
max_requests = 65536
max_request_time = 5
cleanup_delay = 1
hostname_lookups = no
proxy_requests = ${options.proxy === undefined ? 'no' : 'yes'}
log {
  destination = files
  file = ${dir}/log/radius.log
}
security {
  max_attributes = 200
  reject_delay = 0
  status_server = yes
}
thread pool {
  start_servers = 4
  max_servers = 8
  min_spare_servers = 1
  max_spare_servers = 4
  max_requests_per_server = 0
}
client loopback {
  ipaddr = 127.0.0.0/8
  secret = "${options.secret ?? 'testing123'}"
  require_message_authenticator = ${options.requireMessageAuthenticator ? 'yes' : 'no'}
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
${files}${options.modules ?? ''}
}
${options.proxy ?? ''}
${options.servers}
`;
}

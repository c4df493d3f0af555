// A scripted command line behind real servers, and the transport that reaches it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliTransport } from '#core/transport/cli/cli.ts';
import { startOpenSsh } from '#test/support/openssh.ts';
import { type Configuration, enablePassword, type kinds, readConfiguration } from '#test/support/scripted-cli.ts';
import { startTelnetd } from '#test/support/telnetd.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { connectTransport, type TransportCaller } from '#test/support/transport-call.ts';

const program = new URL('cli-program.ts', import.meta.url).pathname;

export interface CliPeer {
  readonly port: number;
  configuration(): Configuration;
  connections(): Promise<number>;
  connect(more?: Record<string, unknown>): TransportCaller;
}

export interface CliPeers {
  ssh(kind: keyof typeof kinds, lines?: readonly string[]): Promise<CliPeer>;
  telnet(kind: keyof typeof kinds): Promise<CliPeer>;
  close(): Promise<void>;
}

const platforms: Readonly<Record<keyof typeof kinds, string>> = {
  ios: 'cisco-ios',
  'odd-name': 'cisco-ios',
  'ios-enabled': 'cisco-ios',
  junos: 'junos',
  md: 'nokia-sros-md',
};

/** Closes all that it started, the last first. */
export function createCliPeers(): CliPeers {
  const releasers: (() => Promise<unknown>)[] = [];

  function caller(section: Record<string, unknown>): TransportCaller {
    const cli = connectTransport(cliTransport, section);
    releasers.push(cli.close);
    return cli;
  }

  return {
    async ssh(kind, lines = []) {
      const file = makeFile(lines);
      const peer = await startOpenSsh({ lines: [`ForceCommand ${process.execPath} ${program} ${kind} ${file}`] });
      releasers.push(peer.close);
      const { host, port, user, privateKey, fingerprint } = peer;
      const section = { host, port, user, private_key: privateKey, host_key: fingerprint, platform: platforms[kind] };
      return {
        port,
        configuration: () => readConfiguration(file),
        connections: async () => (await peer.sessionPids()).length,
        connect: (more = {}) => caller({ ...section, enable_password: enablePassword, ...more }),
      };
    },

    async telnet(kind) {
      const file = makeFile([]);
      const peer = await startTelnetd([process.execPath, program, kind, file, 'login']);
      releasers.push(peer.close);
      const section = { via: 'telnet', host: '127.0.0.1', port: peer.port, user: 'ossia', password: 'telnet-secret' };
      return {
        port: peer.port,
        configuration: () => readConfiguration(file),
        connections: async () => peer.connections(),
        connect: (more = {}) =>
          caller({ ...section, platform: platforms[kind], enable_password: enablePassword, ...more }),
      };
    },

    async close() {
      for (const release of releasers.splice(0).reverse()) await release();
    },
  };
}

function makeFile(lines: readonly string[]): string {
  const file = join(tempDir(), 'configuration.json');
  writeFileSync(file, JSON.stringify({ lines }));
  return file;
}

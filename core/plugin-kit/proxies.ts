// Proxies before every way into a simulated box, so that a plugin can be run while the network or the box fails it.
import { existsSync } from 'node:fs';
import type { Simulator } from '../plugin-sdk/simulator.ts';
import { type ProgramFault, programFaults, startProgramProxy } from '../simulator/program-proxy.ts';
import { startTcpProxy, type TcpFault, tcpFaults } from '../simulator/tcp-proxy.ts';
import { startUdpProxy, type UdpFault, udpFaults } from '../simulator/udp-proxy.ts';

/** What a fault leaves to be expected: `harmless` ones change nothing; after all others the job must come again. */
export type FaultKind = 'cut' | 'silent' | 'harmless' | 'refused for now' | 'after the request';

/** By the kind of way: `udp` is CoA without TLS, `program` the script transport, `tcp` all else. */
export const faultsOf = { tcp: tcpFaults, udp: udpFaults, program: programFaults } as const;
export type Way = keyof typeof faultsOf;

export interface Proxies {
  /** The profile's `transports`, by way of the proxies. */
  readonly transports: Simulator['transports'];
  /** The kind of way of each transport. */
  readonly ways: Readonly<Record<string, Way>>;
  /** Null: nothing is done any more. */
  set(transport: string, fault: string | null): void;
  /** Cuts all connections, and loses the answers that are on their way. */
  cut(): void;
  close(): Promise<void>;
}

interface Proxy {
  readonly way: Way;
  readonly section: Record<string, unknown>;
  set(fault: string | null): void;
  cut(): void;
  close(): Promise<void> | void;
}

export async function startProxies(given: Simulator['transports']): Promise<Proxies> {
  const proxies: Record<string, Proxy> = {};
  for (const [name, section] of Object.entries(given)) proxies[name] = await proxyBefore(name, section);
  const all = Object.values(proxies);
  return {
    transports: Object.fromEntries(Object.entries(proxies).map(([name, { section }]) => [name, section])),
    ways: Object.fromEntries(Object.entries(proxies).map(([name, { way }]) => [name, way])),
    set: (transport, fault) => proxies[transport]?.set(fault),
    cut() {
      for (const proxy of all) proxy.cut();
    },
    async close() {
      await Promise.all(all.map((proxy) => proxy.close()));
    },
  };
}

async function proxyBefore(name: string, section: Record<string, unknown>): Promise<Proxy> {
  const { port, secret, tls, programs } = section;
  if (name === 'script' && isRecord(programs)) return beforePrograms(section, programs);
  if (name === 'coa' && tls === undefined && typeof secret === 'string') {
    const proxy = await startUdpProxy({ port: Number(port), secret });
    // Sent again soon, so that what is sent twice or lost is met within a short deadline.
    const patience = { timeouts: { initial: '200ms' }, ...section };
    const cut = () => proxy.set('drop-answer');
    return {
      ...proxy,
      way: 'udp',
      section: { ...patience, port: proxy.port },
      set: (f) => proxy.set(f as UdpFault),
      cut,
    };
  }
  const proxy = await startTcpProxy({ port: portOf(section) });
  const moved =
    typeof section['base_url'] === 'string'
      ? { base_url: moveUrl(section['base_url'], proxy.port) }
      : { port: proxy.port };
  return { ...proxy, way: 'tcp', section: { ...section, ...moved }, set: (fault) => proxy.set(fault as TcpFault) };
}

function beforePrograms(section: Record<string, unknown>, programs: Record<string, unknown>): Proxy {
  const started = Object.entries(programs).flatMap(([name, program]) => {
    const file = isRecord(program) ? program['file'] : program;
    // One that is not there stays so.
    return typeof file === 'string' && existsSync(file) ? [{ name, program, proxy: startProgramProxy(file) }] : [];
  });
  const moved = started.map(({ name, program, proxy: { file } }) => [
    name,
    isRecord(program) ? { ...program, file } : file,
  ]);
  return {
    way: 'program',
    section: { ...section, programs: { ...programs, ...Object.fromEntries(moved) } },
    set(fault) {
      for (const { proxy } of started) proxy.set(fault as ProgramFault);
    },
    cut: () => undefined,
    close() {
      for (const { proxy } of started) proxy.close();
    },
  };
}

function portOf(section: Record<string, unknown>): number {
  if (typeof section['base_url'] !== 'string') return Number(section['port']);
  const { port, protocol } = new URL(section['base_url']);
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

function moveUrl(url: string, port: number): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

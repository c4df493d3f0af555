// Connections for REST, kept open between requests; each is known to be the profile's router before anything is sent over it.
import { Agent } from 'node:http';
import type { ClientConfig } from '../client.ts';
import { openSocket } from '../open-socket.ts';

type Callback = (error: Error | null, socket?: never) => void;

export function createAgent(config: ClientConfig, closing: AbortSignal): Agent {
  const { connectTimeoutMs, idleCloseMs, maxInFlight } = config;
  const agent = new Agent({ keepAlive: true, maxFreeSockets: maxInFlight, timeout: idleCloseMs });
  // Not Node's own TLS agent: whose certificate it is must be judged by the same rules, and the same code, as over the API.
  Object.assign(agent, {
    createConnection(_options: unknown, callback: Callback): void {
      const deadline = { signal: closing, deadline: Date.now() + connectTimeoutMs };
      openSocket(config, deadline).then((socket) => callback(null, socket as never), callback);
    },
  });
  return agent;
}

// The transports there are; a new one is a folder here and a line in this list.
import { cliTransport } from './cli/cli.ts';
import { createCoaDefinition } from './coa/coa.ts';
import { httpTransport } from './http/http.ts';
import type { Dictionary } from './radius/dictionary.ts';
import { routeros } from './routeros/routeros.ts';
import { scriptTransport } from './script/script.ts';
import { sshTransport } from './ssh/ssh.ts';
import type { TransportDefinition } from './transport.ts';

export function allTransports(dictionary: Dictionary): Readonly<Record<string, TransportDefinition>> {
  const definitions = [
    createCoaDefinition(dictionary),
    routeros,
    sshTransport,
    cliTransport,
    scriptTransport,
    httpTransport,
  ] as TransportDefinition[];
  return Object.fromEntries(definitions.map((definition) => [definition.name, definition]));
}

// The `/radius incoming` side of the simulated router: CoA and Disconnect for the sessions in its tables, RFC 5176.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { SimulatedExchange } from '#core/plugin-sdk/simulator.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { encodeResponse, verifyRequest } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '#core/transport/radius/packet.ts';
import type { Row } from './menus.ts';
import type { Tables } from './tables.ts';

export interface RadiusIncoming {
  readonly port: number;
  close(): Promise<void>;
}

interface RadiusIncomingOptions {
  readonly tables: Tables;
  readonly secret: string;
  onExchange(exchange: SimulatedExchange): void;
}

const mikrotik = 14988;
const attributeNames: Readonly<Record<string, string>> = {
  '0.1': 'User-Name',
  '0.4': 'NAS-IP-Address',
  '0.8': 'Framed-IP-Address',
  '0.32': 'NAS-Identifier',
  '0.44': 'Acct-Session-Id',
  '0.101': 'Error-Cause',
  [`${mikrotik}.8`]: 'Mikrotik-Rate-Limit',
  [`${mikrotik}.19`]: 'Mikrotik-Address-List',
};
const sessionMenus = { '/ppp/active': 'name', '/ip/hotspot/active': 'user' } as const;

export async function startRadiusIncoming(options: RadiusIncomingOptions): Promise<RadiusIncoming> {
  const socket = createSocket('udp4');
  const secret = Buffer.from(options.secret);
  socket.on('message', (datagram, from) => {
    // What is not signed with the secret gets no answer at all.
    if (verifyRequest(datagram, secret, 'if-present') !== 'ok') return;
    const decoded = decode(datagram);
    if (!decoded.ok) return;
    const { packet: request } = decoded;
    if (request.code !== codes.disconnectRequest && request.code !== codes.coaRequest) return;
    const isTaken =
      request.code === codes.coaRequest ? changeSession(options.tables, request) : endSession(options.tables, request);
    const code = request.code + (isTaken ? 1 : 2);
    const attributes = isTaken ? [] : [errorCause(503)];
    socket.send(encodeResponse({ request, code, attributes, secret }), from.port, from.address);
    options.onExchange({
      received: requestText(request),
      answered: isTaken ? 'ACK' : 'NAK Error-Cause=503',
      shape: packetShape(request),
    });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** With the session go its dynamic list entries, as on the real box. */
function endSession(tables: Tables, request: RadiusPacket): boolean {
  let ended = 0;
  for (const menu of Object.keys(sessionMenus)) {
    for (const { address } of tables.rows(menu).filter((row) => isMeant(menu, row, request))) {
      tables.removeWhere('/ip/firewall/address-list', (row) => row['dynamic'] === 'true' && row['address'] === address);
    }
    ended += tables.removeWhere(menu, (row) => isMeant(menu, row, request));
  }
  return ended > 0;
}

/** The box writes the new speed into the session; shown in its row so that tests can see it. */
function changeSession(tables: Tables, request: RadiusPacket): boolean {
  const limit = textOf(request, mikrotik, 8);
  let changed = 0;
  for (const menu of Object.keys(sessionMenus)) {
    const rows = tables.rows(menu).filter((row) => isMeant(menu, row, request));
    for (const row of rows) tables.replace(menu, row['.id'] ?? '', limit === undefined ? {} : { 'rate-limit': limit });
    changed += rows.length;
  }
  return changed > 0;
}

/** All that identifies must match together; nothing that identifies matches nothing, and nothing but an address names a hotspot session. */
function isMeant(menu: string, row: Row, request: RadiusPacket): boolean {
  const isHotspot = menu !== '/ppp/active';
  if (isHotspot && addressOf(request) === undefined) return false;
  const nameProperty = isHotspot ? sessionMenus['/ip/hotspot/active'] : sessionMenus['/ppp/active'];
  const sessionId = row[isHotspot ? 'acct-session-id' : 'session-id'];
  const given: (readonly [string | undefined, string | undefined])[] = [
    [textOf(request, 0, 1), row[nameProperty]],
    [textOf(request, 0, 44), sessionId?.replace(/^0x/, '')],
    [addressOf(request), row['address']],
  ];
  const identifying = given.filter(([wanted]) => wanted !== undefined);
  return identifying.length > 0 && identifying.every(([wanted, has]) => wanted === has);
}

function attributeOf(request: RadiusPacket, vendor: number, type: number): Buffer | undefined {
  return request.attributes.find((attribute) => attribute.vendor === vendor && attribute.type === type)?.value;
}

function textOf(request: RadiusPacket, vendor: number, type: number): string | undefined {
  return attributeOf(request, vendor, type)?.toString('utf8');
}

function addressOf(request: RadiusPacket): string | undefined {
  const value = attributeOf(request, 0, 8);
  return value === undefined ? undefined : [...value].join('.');
}

function errorCause(cause: number): RadiusAttribute {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(cause);
  return { vendor: 0, type: 101, value };
}

function requestText(request: RadiusPacket): string {
  const shown = request.attributes.flatMap(({ vendor, type, value }) => {
    const name = attributeNames[`${vendor}.${type}`];
    if (name === undefined) return [];
    return [`${name}=${name.endsWith('IP-Address') ? [...value].join('.') : value.toString('utf8')}`];
  });
  return [request.code === codes.coaRequest ? 'CoA-Request' : 'Disconnect-Request', ...shown].join(' ');
}

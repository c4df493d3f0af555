// What a box's answer means for the caller: an ACK is a value, each NAK is one of the closed codes.
import { type Code, OssiaError } from '../../errors.ts';
import type { RadiusAnswer } from '../../plugin-sdk/device.ts';
import { findAttribute } from '../radius/codec.ts';
import type { Dictionary } from '../radius/dictionary.ts';
import { codes, type RadiusPacket } from '../radius/packet.ts';
import { formatAttributes, readAll } from '../radius/values.ts';

const errorCauseType = 101;
const replyMessageType = 18;
const messageAuthenticatorType = 80;

const packetNames: Readonly<Record<number, string>> = {
  [codes.disconnectRequest]: 'Disconnect-Request',
  [codes.disconnectAck]: 'Disconnect-ACK',
  [codes.disconnectNak]: 'Disconnect-NAK',
  [codes.coaRequest]: 'CoA-Request',
  [codes.coaAck]: 'CoA-ACK',
  [codes.coaNak]: 'CoA-NAK',
};

/** RFC 5176 section 3.5. The causes not listed here are final: the request, or the box's configuration, is wrong. */
const codeOfCause: Readonly<Record<number, Code>> = {
  // Proxy-Request-Not-Routable, Proxy-Processing-Error, Resources-Unavailable: they pass.
  502: 'nas_busy',
  505: 'nas_busy',
  506: 'nas_busy',
  503: 'session_not_found',
};

export function packetName(code: number): string {
  return packetNames[code] ?? `packet of code ${code}`;
}

/** One line for the journal: `CoA-NAK id=7 Error-Cause=Session-Context-Not-Found`. */
export function formatPacket(
  dictionary: Dictionary,
  packet: Pick<RadiusPacket, 'code' | 'attributes'> & { readonly identifier?: number },
): string {
  const id = packet.identifier === undefined ? '' : ` id=${packet.identifier}`;
  return `${packetName(packet.code)}${id} ${formatAttributes(dictionary, packet.attributes)}`.trimEnd();
}

/** Throws `session_not_found`, `nas_busy` or `nas_refused` for a NAK. */
export function interpretAnswer(dictionary: Dictionary, packet: RadiusPacket): RadiusAnswer {
  const name = packetName(packet.code);
  if (packet.code === codes.coaAck || packet.code === codes.disconnectAck) {
    const shown = packet.attributes.filter(({ vendor, type }) => vendor !== 0 || type !== messageAuthenticatorType);
    return { code: name, attributes: readAll(dictionary, shown) };
  }
  const value = findAttribute(packet, errorCauseType);
  const cause = value?.length === 4 ? value.readUInt32BE(0) : undefined;
  const message = findAttribute(packet, replyMessageType)?.toString('utf8');
  const causeName = cause === undefined ? undefined : dictionary.byNumber(0, errorCauseType)?.nameOf.get(cause);
  const named = cause === undefined ? `${name} without an Error-Cause` : `${causeName ?? 'Error-Cause'} (${cause})`;
  const said = message === undefined ? named : `${named}: ${message}`;
  const code = (cause === undefined ? undefined : codeOfCause[cause]) ?? 'nas_refused';
  throw new OssiaError(code, `${name}: ${said}`, {
    said,
    ...(cause === undefined ? {} : { details: { errorCause: cause } }),
  });
}

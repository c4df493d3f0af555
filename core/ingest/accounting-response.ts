// The answer to an accounting packet: Proxy-State in its order, and a Message-Authenticator when the request had one.
import { encodeResponse } from '../transport/radius/authenticator.ts';
import { codes, type RadiusAttribute } from '../transport/radius/packet.ts';

const proxyState = 33;
const messageAuthenticator = 80;
const none: readonly RadiusAttribute[] = [];

/** The request must be verified and its attributes walked: lengths are trusted here. */
export function accountingResponse(datagram: Buffer, secret: Buffer): Buffer {
  const length = datagram.readUInt16BE(2);
  let attributes = none;
  for (let at = 20; at < length; at += datagram[at + 1] as number) {
    const type = datagram[at] as number;
    if (type !== proxyState && type !== messageAuthenticator) continue;
    const value = datagram.subarray(at + 2, at + (datagram[at + 1] as number));
    attributes = [...attributes, { vendor: 0, type, value }];
  }
  return encodeResponse({
    request: {
      code: datagram[0] as number,
      identifier: datagram[1] as number,
      authenticator: datagram.subarray(4, 20),
      attributes,
    },
    code: codes.accountingResponse,
    attributes: none,
    secret,
  });
}

// The answer to an accounting packet: Proxy-State in its order, and a Message-Authenticator where peers agree on one.
import { emptyResponse, encodeResponse } from '../transport/radius/authenticator.ts';
import { codes, type RadiusAttribute } from '../transport/radius/packet.ts';

const proxyState = 33;
const none: readonly RadiusAttribute[] = [];

/** The request must be verified and its attributes walked: lengths are trusted here. */
export function accountingResponse(datagram: Buffer, secret: Buffer): Buffer {
  const length = datagram.readUInt16BE(2);
  let attributes = none;
  for (let at = 20; at < length; at += datagram[at + 1] as number) {
    if (datagram[at] !== proxyState) continue;
    const value = datagram.subarray(at + 2, at + (datagram[at + 1] as number));
    attributes = [...attributes, { vendor: 0, type: proxyState, value }];
  }
  // Nearly all of them: nothing to echo, nothing to say.
  if (attributes === none && datagram[0] !== codes.statusServer)
    return emptyResponse(datagram, codes.accountingResponse, secret);
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
    // RFC 2869 section 5.19 has none in an Accounting-Response. FreeRADIUS 3.2 computes it over zeros there, others over the
    // request's authenticator, and each drops what the other sends; to Status-Server (RFC 5997) all do the same.
    messageAuthenticator: datagram[0] === codes.statusServer,
  });
}

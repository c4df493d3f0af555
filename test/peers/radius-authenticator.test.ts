// Our authenticators against FreeRADIUS, which checks every one of them, and against tampering.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRequest, verifyResponse } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import { codes, type RadiusAttribute } from '#core/transport/radius/packet.ts';
import { freeUdpPorts } from '#test/support/free-udp-port.ts';
import { type Freeradius, startFreeradius } from '#test/support/freeradius.ts';

const secret = Buffer.from('testing123');
const sessionId: RadiusAttribute = { vendor: 0, type: 44, value: Buffer.from('81000001') };
const start: RadiusAttribute = { vendor: 0, type: 40, value: Buffer.from([0, 0, 0, 1]) };

let freeradius: Freeradius;
let acctPort = 0;
let statusPort = 0;

beforeAll(async () => {
  [acctPort, statusPort] = (await freeUdpPorts(2)) as [number, number];
  freeradius = await startFreeradius({
    requireMessageAuthenticator: true,
    servers: `
server acct {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${acctPort}
  }
  accounting {
    ok
  }
}
server status {
  listen {
    type = status
    ipaddr = 127.0.0.1
    port = ${statusPort}
  }
  authorize {
    ok
  }
}`,
  });
});

afterAll(() => freeradius?.close());

describe('a signed request', () => {
  test('is answered by FreeRADIUS when it is an Accounting-Request with a Message-Authenticator', async () => {
    const request = signRequest({
      code: codes.accountingRequest,
      identifier: 200,
      attributes: [start, sessionId],
      secret,
      messageAuthenticator: true,
    });
    const answer = await ask(request, acctPort);
    expect(answer[0]).toBe(codes.accountingResponse);
    expect(check(request, answer)).toBe('ok');
  });

  test('is answered by FreeRADIUS when it is a Status-Server', async () => {
    const request = signRequest({
      code: codes.statusServer,
      identifier: 3,
      attributes: [],
      secret,
      messageAuthenticator: true,
    });
    const answer = await ask(request, statusPort);
    expect(decode(answer).ok).toBe(true);
    expect(check(request, answer)).toBe('ok');
  });
});

test('a response of FreeRADIUS is refused when one bit of it differs', async () => {
  const request = signRequest({
    code: codes.accountingRequest,
    identifier: 7,
    attributes: [start, sessionId],
    secret,
    messageAuthenticator: true,
  });
  const answer = await ask(request, acctPort);
  for (let bit = 0; bit < answer.length * 8; bit++) {
    if (bit >= 16 && bit < 32) continue; // the Length field: then it is another packet
    const forged = Buffer.from(answer);
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(check(request, forged), `bit ${bit}`).not.toBe('ok');
  }
});

function check(request: Buffer, datagram: Buffer) {
  return verifyResponse({ datagram, requestAuthenticator: request.subarray(4, 20), secret, policy: 'if-present' });
}

async function ask(request: Buffer, port: number): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.send(request, port, '127.0.0.1');
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(5_000) });
    return answer;
  } finally {
    socket.close();
  }
}

// Authenticators: genuine packets of others pass, and nothing else does.
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import npmRadius from 'radius';
import { describe, expect, test } from 'vitest';
import { encodeResponse, signRequest, verifyRequest, verifyResponse } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { readVectors } from './read-vectors.ts';

const secret = Buffer.from('testing123');
const policies = ['never', 'if-present', 'always'] as const;
const stop: RadiusAttribute[] = [
  { vendor: 0, type: 40, value: Buffer.from([0, 0, 0, 2]) },
  { vendor: 0, type: 44, value: Buffer.from('81000001') },
  { vendor: 14_988, type: 8, value: Buffer.from('10M/50M') },
];

describe('a genuine packet', () => {
  for (const vector of readVectors('genuine.txt')) {
    const key = Buffer.from(vector.lines('secret')[0] as string);
    const [request] = vector.lines('request');
    const verify = (datagram: Buffer, with_: Buffer) =>
      request === undefined
        ? verifyRequest(datagram, with_, 'if-present')
        : verifyResponse({
            datagram,
            requestAuthenticator: Buffer.from(request, 'hex'),
            secret: with_,
            policy: 'if-present',
          });

    test(`${vector.name} is accepted`, () => {
      expect(verify(vector.bytes, key)).toBe('ok');
    });

    test(`${vector.name} is refused with another secret`, () => {
      expect(verify(vector.bytes, Buffer.from('testing124'))).toMatch(/authenticator/);
    });

    test(`${vector.name} is refused when a bit is changed`, () => {
      for (let bit = 0; bit < vector.bytes.length * 8; bit++) {
        if (bit >= 16 && bit < 32) continue; // its Length
        const changed = Buffer.from(vector.bytes);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        expect(verify(changed, key), `bit ${bit}`).not.toBe('ok');
      }
    });
  }
});

describe('verifyRequest', () => {
  const signed = (code: number, messageAuthenticator: boolean) =>
    signRequest({ code, identifier: 5, attributes: stop, secret, messageAuthenticator });

  test('accepts what signRequest signs, for every policy', () => {
    for (const code of [codes.accountingRequest, codes.coaRequest, codes.disconnectRequest])
      for (const policy of policies) expect(verifyRequest(signed(code, true), secret, policy)).toBe('ok');
  });

  test('asks for a Message-Authenticator only when the policy is always', () => {
    const bare = signed(codes.accountingRequest, false);
    expect(policies.map((policy) => verifyRequest(bare, secret, policy))).toEqual([
      'ok',
      'ok',
      'message_authenticator_missing',
    ]);
  });

  test('refuses a wrong Message-Authenticator though the Request Authenticator is right', () => {
    const attributes = [{ vendor: 0, type: 80, value: Buffer.alloc(16, 1) }, ...stop];
    const forged = signRequest({ code: 4, identifier: 5, attributes, secret, messageAuthenticator: false });
    expect(verifyRequest(forged, secret, 'if-present')).toBe('message_authenticator');
    expect(verifyRequest(forged, secret, 'never')).toBe('ok');
  });

  test('refuses two Message-Authenticators, and one of a wrong length', () => {
    const second = [{ vendor: 0, type: 80, value: Buffer.alloc(16) }, ...stop];
    const two = signRequest({ code: 4, identifier: 5, attributes: second, secret, messageAuthenticator: true });
    const short = [{ vendor: 0, type: 80, value: Buffer.alloc(15) }];
    const one = signRequest({ code: 4, identifier: 5, attributes: short, secret, messageAuthenticator: false });
    expect(verifyRequest(two, secret, 'if-present')).toBe('message_authenticator');
    expect(verifyRequest(one, secret, 'if-present')).toBe('message_authenticator');
  });

  test('asks a Status-Server for its Message-Authenticator whatever the policy is', () => {
    const bare = signed(codes.statusServer, false);
    expect(policies.map((policy) => verifyRequest(bare, secret, policy))).toEqual(
      policies.map(() => 'message_authenticator_missing'),
    );
    expect(verifyRequest(signed(codes.statusServer, true), secret, 'never')).toBe('ok');
  });

  test('drops codes that carry no Request Authenticator', () => {
    for (const code of [1, 2, 5, 11, 41, 44, 255]) {
      expect(verifyRequest(signed(code, true), secret, 'if-present')).toBe('code');
    }
  });

  test('ignores padding behind the Length', () => {
    expect(verifyRequest(Buffer.concat([signed(4, true), Buffer.from('rubbish')]), secret, 'always')).toBe('ok');
  });

  for (const length of [1, 63, 64, 65, 200, 1_024]) {
    test(`agrees with node's HMAC and MD5 for a secret of ${length} bytes`, () => {
      const key = Buffer.alloc(length, 'ключ');
      const packet = signRequest({
        code: 43,
        identifier: 1,
        attributes: stop,
        secret: key,
        messageAuthenticator: true,
      });
      const zeroed = Buffer.from(packet).fill(0, 4, 20).fill(0, 22, 38);
      expect(packet.subarray(22, 38)).toEqual(createHmac('md5', key).update(zeroed).digest());
      const signed = Buffer.from(packet).fill(0, 4, 20);
      expect(packet.subarray(4, 20)).toEqual(createHash('md5').update(signed).update(key).digest());
      expect(verifyRequest(packet, key, 'always')).toBe('ok');
      expect(verifyRequest(packet, Buffer.concat([key, Buffer.from('x')]), 'always')).toBe('authenticator');
    });
  }

  test('never throws and accepts nothing, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(4, 12, 40, 43), (bytes, code) => {
        const datagram = Buffer.from(bytes);
        if (datagram.length >= 20) {
          datagram[0] = code;
          datagram.writeUInt16BE(datagram.length, 2);
        }
        for (const policy of policies) expect(verifyRequest(datagram, secret, policy)).not.toBe('ok');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an authenticator of sixteen bytes that are no UTF-8', () => {
  // npm radius compares digests as texts: this is the trick that facts about it warn of.
  const forged = findForgery();

  test('is accepted by npm radius', () => {
    expect(npmRadius.decode({ packet: forged, secret: 'a' }).attributes).toMatchObject({ 'Acct-Status-Type': 'Stop' });
  });

  test('is refused by us', () => {
    expect(verifyRequest(forged, Buffer.from('a'), 'if-present')).toBe('authenticator');
  });
});

describe('encodeResponse', () => {
  const request = (attributes: RadiusAttribute[], messageAuthenticator: boolean): RadiusPacket => {
    const datagram = signRequest({ code: 4, identifier: 77, attributes, secret, messageAuthenticator });
    const decoded = decode(datagram);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.packet;
  };
  const read = (response: Buffer): RadiusPacket => {
    const decoded = decode(response);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.packet;
  };

  test('is accepted by verifyResponse and by npm radius', () => {
    const asked = request(stop, false);
    const response = encodeResponse({ request: asked, code: 5, attributes: [], secret });
    expect(response).toHaveLength(20);
    expect(response[1]).toBe(77);
    expect(
      verifyResponse({ datagram: response, requestAuthenticator: asked.authenticator, secret, policy: 'never' }),
    ).toBe('ok');
    const hash = createHash('md5').update(response.subarray(0, 4)).update(asked.authenticator).update(secret);
    expect(response.subarray(4, 20)).toEqual(hash.digest());
  });

  test('echoes every Proxy-State in its order', () => {
    const states = ['one', 'two', 'three'].map((text) => ({ vendor: 0, type: 33, value: Buffer.from(text) }));
    const response = encodeResponse({ request: request([...stop, ...states], false), code: 5, attributes: [], secret });
    expect(read(response).attributes.map(({ value }) => value.toString())).toEqual(['one', 'two', 'three']);
  });

  test('puts a Message-Authenticator first when the request had one', () => {
    const asked = request([...stop, { vendor: 0, type: 33, value: Buffer.from('x') }], true);
    const response = encodeResponse({ request: asked, code: 5, attributes: [], secret });
    expect(read(response).attributes.map(({ type }) => type)).toEqual([80, 33]);
    expect(
      verifyResponse({ datagram: response, requestAuthenticator: asked.authenticator, secret, policy: 'always' }),
    ).toBe('ok');
  });

  test('is refused as the answer to another request', () => {
    const response = encodeResponse({ request: request(stop, true), code: 5, attributes: [], secret });
    const requestAuthenticator = Buffer.alloc(16, 7);
    expect(verifyResponse({ datagram: response, requestAuthenticator, secret, policy: 'if-present' })).toBe(
      'authenticator',
    );
  });
});

test('signRequest refuses attributes that do not fit a packet', () => {
  const attributes = Array.from({ length: 17 }, () => ({ vendor: 0, type: 25, value: Buffer.alloc(253) }));
  expect(() => signRequest({ code: 43, identifier: 1, attributes, secret, messageAuthenticator: true })).toThrow(
    expect.objectContaining({ code: 'arguments_invalid' }),
  );
});

/** A Stop whose right digest is invalid UTF-8 in every byte, so that both it and sixteen times 0xFF read as U+FFFD. */
function findForgery(): Buffer {
  // This NAS-Port was found by trying; one in some millions serves.
  const datagram = Buffer.alloc(32);
  datagram[0] = 4;
  datagram.writeUInt16BE(32, 2);
  Buffer.from([40, 6, 0, 0, 0, 2, 5, 6]).copy(datagram, 20);
  datagram.writeUInt32BE(224_506, 28);
  datagram.fill(0xff, 4, 20);
  return datagram;
}

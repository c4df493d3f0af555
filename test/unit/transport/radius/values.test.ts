// Values by name: what plugins write arrives as the right bytes, and is read back as the same value.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { encodeAll, encodeAttribute, formatAttributes, readAll, readAttribute } from '#core/transport/radius/values.ts';

const dictionary = await loadDictionary('nas-profiles/dictionaries');

describe('encodeAttribute', () => {
  const cases: readonly [string, string | number, string, (string | number)?, string?][] = [
    // name, value, bytes, read back as (when different), under the name (when different)
    ['User-Name', 'алиса', 'd0b0d0bbd0b8d181d0b0'],
    ['User-Name', 1001, '31303031', '1001'],
    ['Session-Timeout', 3600, '00000e10'],
    ['Session-Timeout', '4294967295', 'ffffffff', 4_294_967_295],
    ['Service-Type', 'Framed-User', '00000002', 2],
    ['Framed-IP-Address', '10.1.2.3', '0a010203'],
    ['Framed-IPv6-Address', '2001:db8::1', '20010db8000000000000000000000001'],
    ['Framed-IPv6-Address', '::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
    ['Framed-IPv6-Prefix', '2001:db8:0:ff::1/56', '003820010db8000000000000000000000000', '2001:db8::/56'],
    ['Delegated-IPv6-Prefix', '::/0', `0000${'0'.repeat(32)}`],
    ['Framed-Interface-Id', '0011:2233:4455:6677', '0011223344556677'],
    ['Event-Timestamp', '2026-11-21T20:00:00+02:00', '6b01dc20', 1_795_284_000],
    ['Event-Timestamp', 1_795_284_000, '6b01dc20'],
    ['Class', '0x636c617373', '636c617373'],
    ['Class', 'class', '636c617373', '0x636c617373'],
    ['Acct-Input-Octets-64', '18446744073709551615', 'ffffffffffffffff'],
    ['ERX-Service-Activate:1', 'svc(10m)', '017376632831306d29'],
    ['ERX-Service-Activate', 'svc', '737663'],
    ['Tunnel-Type:31', 'L2TP', '1f000003', 3],
    ['Service-Action:1', 'DE-ACTIVATE', '01000000', 0],
    ['Mikrotik-Rate-Limit', '10M/50M', '31304d2f35304d'],
    ['HW-QOS-Profile-Name', 'p1', '7031', 'p1', 'Huawei-Qos-Profile-Name'],
    ['Attr-200', '0x0102', '0102'],
    ['Attr-26.14988.99', '0xff', 'ff'],
    ['Attr-26.429', '0x01', '01'],
  ];
  for (const [name, value, bytes, readValue = value, readName = name] of cases) {
    test(`writes ${name} = ${value}, and it is read back`, () => {
      const attribute = encodeAttribute(dictionary, name, value);
      expect(attribute.value.toString('hex')).toBe(bytes);
      expect(readAttribute(dictionary, attribute)).toEqual({ name: readName, value: readValue });
    });
  }

  const wrong: readonly [string, string | number, RegExp][] = [
    ['Framed-IP-Address', '10.1.2', /Framed-IP-Address takes an IPv4 address, not "10.1.2"/],
    ['Framed-IP-Address', '2001:db8::1', /IPv4/],
    ['Framed-IPv6-Address', 'fe80::1%eth0', /IPv6/],
    ['Framed-IPv6-Prefix', '2001:db8::/129', /prefix/],
    ['Framed-IPv6-Prefix', '2001:db8::', /prefix/],
    ['Session-Timeout', -1, /0 to 4294967295/],
    ['Session-Timeout', 1.5, /whole number/],
    ['Session-Timeout', Number.NaN, /whole number/],
    ['Session-Timeout', 'soon', /whole number/],
    ['Session-Timeout', '', /whole number/],
    ['User-Name', '', /not empty/],
    ['User-Name', 'ы'.repeat(127), /254 bytes/],
    ['Mikrotik-Rate-Limit', 'x'.repeat(248), /at most 247/],
    ['ERX-Service-Activate:1', 'x'.repeat(247), /at most 247/],
    ['Class', '0x0', /hexadecimal/],
    ['Event-Timestamp', 'yesterday', /ISO 8601/],
    ['Framed-Interface-Id', '00:11', /interface id/],
    ['ARAP-Features', '0x00', /14 bytes/],
    ['Tunnel-Type', 0x0100_0000, /below 16777216/],
    ['Tunnel-Type:32', 3, /above 31/],
    ['User-Name:1', 'x', /has no tag/],
    ['Tunnel-Password:1', 'x', /hidden/],
    ['Mikrotik-RateLimit', '1M', /did you mean Mikrotik-Rate-Limit/],
    ['__proto__', 'x', /in no RADIUS dictionary/],
    ['Attr-256', '0x00', /no attribute number/],
    ['Attr-0', '0x00', /no attribute number/],
    ['Attr-200', '0xzz', /hexadecimal/],
  ];
  for (const [name, value, problem] of wrong) {
    test(`refuses ${name} = ${String(value).slice(0, 30)}`, () => {
      expect(() => encodeAttribute(dictionary, name, value)).toThrow(
        expect.objectContaining({
          code: 'arguments_invalid',
          message: expect.stringMatching(problem),
          fields: [expect.objectContaining({ where: name.replace(/:1$/, name.startsWith('User') ? ':1' : '') })],
        }),
      );
    });
  }

  test('does not repeat a secret in its message', () => {
    expect(() => encodeAttribute(dictionary, 'Mikrotik-Wireless-PSK', '')).toThrow(
      /^Mikrotik-Wireless-PSK takes a text/,
    );
    expect(() => encodeAttribute(dictionary, 'MS-CHAP-Response', 'hunter2')).toThrow(/^(?!.*hunter2)/);
  });

  test('writes vendors of another format so that they are read back', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ossia-dictionary-'));
    await writeFile(
      join(dir, 'dictionary'),
      'VENDOR Wide 8164 format=2,2\nBEGIN-VENDOR Wide\nATTRIBUTE Wide-Name 2 string\nEND-VENDOR Wide\n',
    );
    const wide = await loadDictionary(dir).finally(() => rm(dir, { recursive: true }));
    const attribute = encodeAttribute(wide, 'Wide-Name', 'абв');
    expect(attribute.value.toString('hex')).toBe('0002000ad0b0d0b1d0b2');
    expect(readAttribute(wide, attribute)).toEqual({ name: 'Wide-Name', value: 'абв' });
    expect(readAttribute(wide, { ...attribute, value: attribute.value.subarray(1) }).name).toBe('Attr-26.8164');
  });
});

test('readAll makes a list of an attribute that comes several times, and encodeAll writes it as several', () => {
  const attributes = { 'Cisco-AVPair': ['a=1', 'b=2', 'c=3'], 'User-Name': 'alice', 'Session-Timeout': 5 };
  expect(readAll(dictionary, encodeAll(dictionary, attributes))).toEqual(attributes);
});

test('any text that fits comes back as it was, in any script', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (text) => {
      fc.pre(Buffer.byteLength(text) <= 247 && text.isWellFormed());
      const attribute = encodeAttribute(dictionary, 'Mikrotik-Address-List', text);
      expect(readAttribute(dictionary, attribute).value).toBe(text);
    }),
  );
});

test('any IPv6 address comes back as it was', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const attribute = encodeAttribute(dictionary, 'Framed-IPv6-Address', address);
      const read = readAttribute(dictionary, attribute).value;
      expect(encodeAttribute(dictionary, 'Framed-IPv6-Address', read)).toEqual(attribute);
      expect(new URL(`http://[${read}]/`).host).toBe(new URL(`http://[${address}]/`).host);
    }),
  );
});

describe('formatAttributes', () => {
  test('masks secrets, names values and keeps to one line', () => {
    const line = formatAttributes(
      dictionary,
      encodeAll(dictionary, {
        'User-Name': 'a"b\nc\u009b2J',
        'CHAP-Password': '0x0011',
        'Cisco-AVPair': ['tunnel:password=hunter2 or so', 'ip:x=1'],
        'Mikrotik-Wireless-PSK': 'hunter2',
        'Message-Authenticator': '0x00112233445566778899aabbccddeeff',
        'Acct-Terminate-Cause': 6,
        'NAS-Port': 7,
        'Attr-200': '0xff',
      }),
    );
    expect(line).toBe(
      String.raw`User-Name="a\"b\nc\u009b2J" CHAP-Password=*** Cisco-AVPair="tunnel:password=***" Cisco-AVPair="ip:x=1"` +
        ' Mikrotik-Wireless-PSK=*** Acct-Terminate-Cause=Admin-Reset NAS-Port=7 Attr-200=0xff',
    );
  });
});

// Hundreds of attribute lists that radclient writes: we must read each as it was meant, and write the same bytes ourselves.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import { encodeResponse } from '#core/transport/radius/authenticator.ts';
import { decode, encodeAttributes } from '#core/transport/radius/codec.ts';
import { type AttributeDefinition, loadDictionary } from '#core/transport/radius/dictionary.ts';
import { codes } from '#core/transport/radius/packet.ts';
import { encodeAll, readAll } from '#core/transport/radius/values.ts';
import { radclient } from '#test/support/radclient.ts';

const dictionary = await loadDictionary('nas-profiles/dictionaries');
const reference = await loadDictionary('/usr/share/freeradius');
const secret = Buffer.from('testing123');

/** radclient gives these a meaning of their own, counts on them, or (IPv6-6rd) leaves them out without a word. */
const apart =
  /^(Message-Authenticator|CHAP-Password|Acct-Session-Id|Proxy-State|EAP-Message|Vendor-Specific|IPv6-6rd-.*|Extended-.*)$/;

/** One attribute as radclient's text, and as we write and read it. */
interface Sample {
  readonly name: string;
  readonly text: string;
  readonly value: string | number;
}

const word = fc
  .array(fc.constantFrom(...'abcXYZ019 -_.:;@/(),ыёЖд'), { minLength: 1, maxLength: 40 })
  .map((letters) => letters.join(''));
const octets = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);

function valuesOf({ type, length, tagged, concat }: AttributeDefinition): fc.Arbitrary<string | number> | null {
  switch (type) {
    case 'string':
      // radclient takes ":1:" in front of such a value for a tag.
      return tagged ? word.map((text) => text.replaceAll(':', '_')) : word;
    case 'octets':
      return length === null ? octets(1, concat ? 500 : 60) : octets(length, length);
    case 'integer':
      return fc.integer({ min: 0, max: tagged ? 0xff_ffff : 0xffff_ffff });
    case 'date':
      return fc.integer({ min: 0, max: 0x7fff_ffff });
    case 'byte':
      return fc.integer({ min: 0, max: 255 });
    case 'short':
      return fc.integer({ min: 0, max: 65_535 });
    case 'signed':
      return fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
    case 'integer64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    case 'ipaddr':
      return fc.ipV4();
    case 'ipv6addr':
      return fc.ipV6().map((address) => canonical(address));
    case 'ipv6prefix':
      return fc
        .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
        .map(([address, bits]) => prefix(`${canonical(address)}/${bits}`));
    case 'ipv4prefix':
      return fc
        .tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 }))
        .map(([address, bits]) => prefix(`${address}/${bits}`));
    case 'ifid':
      return fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => groups(bytes, 4));
    case 'ether':
      return fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => groups(bytes, 2));
    default:
      return null;
  }
}

/** As we print it, so that what is read can be compared. */
function canonical(address: string): string {
  return Object.values(readAll(dictionary, encodeAll(dictionary, { 'Framed-IPv6-Address': address })))[0] as string;
}

function prefix(text: string): string {
  const name = text.includes(':') ? 'Framed-IPv6-Prefix' : 'PMIP6-Home-IPv4-HoA';
  return Object.values(readAll(dictionary, encodeAll(dictionary, { [name]: text })))[0] as string;
}

function groups(bytes: Uint8Array, digits: number): string {
  return (
    Buffer.from(bytes)
      .toString('hex')
      .match(new RegExp(`.{${digits}}`, 'g')) as string[]
  ).join(':');
}

const definitions = dictionary.all().filter((definition) => {
  const theirs = reference.byName(definition.name);
  const isSame = theirs?.path.join('.') === definition.path.join('.') && theirs.type === definition.type;
  const isFirst = dictionary.byPath(definition.path) === definition;
  return (
    isSame &&
    isFirst &&
    !definition.encrypted &&
    !definition.isTlv &&
    !apart.test(definition.name) &&
    valuesOf(definition) !== null
  );
});

const sample: fc.Arbitrary<Sample> = fc.constantFrom(...definitions).chain((definition) =>
  fc
    .tuple(valuesOf(definition) as fc.Arbitrary<string | number>, fc.integer({ min: 0, max: 31 }))
    .map(([value, tag]) => {
      const name = definition.tagged && tag > 0 ? `${definition.name}:${tag}` : definition.name;
      const quoted = definition.type === 'string' || definition.type === 'date' ? `"${value}"` : String(value);
      return { name, value, text: `${name} = ${definition.type === 'date' ? value : quoted}` };
    }),
);

const list = fc.uniqueArray(sample, { minLength: 1, maxLength: 14, selector: ({ name }) => name });

test('reads and writes the attributes of 2000 lists as radclient does', async () => {
  const lists = fc.sample(list, { numRuns: 2000, seed: 1 });
  const received = await sentBy(
    lists.map((samples, index) => [`Acct-Session-Id = "${index}"`, ...samples.map(({ text }) => text)]),
  );
  const differing: object[] = [];
  for (const [index, samples] of lists.entries()) {
    const datagram = received.get(String(index));
    const decoded = datagram === undefined ? undefined : decode(datagram);
    if (datagram === undefined || decoded?.ok !== true) {
      differing.push({ index, samples, decoded });
      continue;
    }
    const wanted: RadiusAttributes = {
      'Acct-Session-Id': String(index),
      ...Object.fromEntries(samples.map(({ name, value }) => [name, value])),
    };
    const read = readAll(dictionary, decoded.packet.attributes);
    for (const [name, value] of Object.entries(wanted))
      if (read[name] !== value) differing.push({ index, name, value, read: read[name] });
    const written = encodeAttributes(encodeAll(dictionary, wanted)).toString('hex');
    const theirs = datagram.toString('hex', 20);
    if (written !== theirs) differing.push({ index, written, theirs, texts: samples.map(({ text }) => text) });
  }
  expect(differing.slice(0, 5)).toEqual([]);
  expect(received.size).toBe(2000);
}, 60_000);

const long = (bytes: number) => `0x${Buffer.alloc(bytes, 'abcdefg').toString('hex')}`;

/** radclient's text is made from the values: `Name = value`, texts in quotes. */
const layouts: Readonly<Record<string, RadiusAttributes>> = {
  'an extended attribute': { 'Frag-Status': 2, 'Response-Length': 4000 },
  'parts of one TLV in an extended attribute': {
    'IP-Port-Type': 1,
    'IP-Port-Limit': 64_512,
    'IP-Port-Ext-IPv4-Addr': '192.0.2.1',
    'IP-Port-Local-Id': '"порт"',
    'Session-Timeout': 5,
    'IP-Port-Range-Range-Start': 1024,
  },
  'parts of two TLVs that follow each other': { 'IP-Port-Limit': 7, 'IP-Port-Range-Limit': 8, 'IP-Port-Map-Limit': 9 },
  // From three parts on radclient 3.2.1 writes over its own bytes.
  'a vendor in a long extended space, in two parts': { 'FreeRADIUS-802.1X-Anonce': long(450) },
  'WiMAX with parts': { 'WiMAX-Release': '"1.0"', 'WiMAX-Accounting-Capabilities': 1, 'WiMAX-hHA-IP-MIP4': '10.0.0.1' },
  'WiMAX in two parts': { 'WiMAX-AAA-Session-Id': long(440) },
  'two bytes of type and of length': { 'SN-VPN-Name': '"сеть"', 'SN-VPN-ID': 70_000 },
  'two bytes of type and one of length': { 'Lucent-IP-DSCP': 46, 'Lucent-Max-Shared-Users': 3 },
  'four bytes of type and no length': { 'USR-Last-Number-Dialed-Out': '"123"', 'USR-Channel': 5 },
  'a certificate in several attributes': { 'PKM-SS-Cert': long(507) },
  'parts of a TLV of a vendor': {
    'Cambium-Authorize-Class-Name': '"a"',
    'Cambium-Authorize-Bytes-Left': '18446744073709551615',
  },
  'what no dictionary knows': { 'Attr-200': '0x01', 'Attr-26.14988.250': '0x0203', 'Attr-26.8164.999': '0x04' },
};

test('lays out what is not simply type, length and value as radclient does', async () => {
  const names = Object.keys(layouts);
  const received = await sentBy(
    Object.values(layouts).map((attributes, index) => [
      `Acct-Session-Id = "${index}"`,
      ...Object.entries(attributes).map(([name, value]) => `${name} = ${value}`),
    ]),
  );
  for (const [index, name] of names.entries()) {
    const wanted = Object.fromEntries(
      Object.entries(layouts[name] as RadiusAttributes).map(([key, value]) => [
        key,
        typeof value === 'string' ? value.replaceAll('"', '') : value,
      ]),
    );
    const attributes = { 'Acct-Session-Id': String(index), ...wanted };
    const datagram = received.get(String(index));
    if (datagram === undefined) throw new Error(`${name}: nothing came; only ${[...received.keys()]}`);
    const decoded = decode(datagram);
    if (!decoded.ok) throw new Error(`${name}: ${decoded.reason}`);
    expect(encodeAttributes(encodeAll(dictionary, attributes)).toString('hex'), name).toBe(
      datagram.toString('hex', 20),
    );
    expect(readAll(dictionary, decoded.packet.attributes), name).toEqual(attributes);
  }
});

/** What came for each Acct-Session-Id. */
async function sentBy(packets: readonly (readonly string[])[]): Promise<Map<string, Buffer>> {
  const received = new Map<string, Buffer>();
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  onTestFinished(() => void socket.close());
  socket.on('message', (datagram, source) => {
    const decoded = decode(datagram);
    if (!decoded.ok) return;
    const id = readAll(dictionary, decoded.packet.attributes)['Acct-Session-Id'];
    received.set(String(id), Buffer.from(datagram));
    const answer = encodeResponse({ request: decoded.packet, code: codes.accountingResponse, attributes: [], secret });
    socket.send(answer, source.port, source.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { output, code } = await radclient({ port: socket.address().port, packets, tries: 3 });
  if (code !== 0) throw new Error(output.slice(-3000));
  return received;
}

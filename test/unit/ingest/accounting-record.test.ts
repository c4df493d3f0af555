// From bytes to an accounting record: what each attribute becomes, and what becomes of wrong ones.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import { type Reading, readAccounting } from '#core/ingest/accounting-record.ts';
import { type Attributes, accountingRequest } from '#test/support/accounting-client.ts';

const arrivedAt = Date.UTC(2026, 10, 21, 12, 0, 7, 500);
const second = Math.floor(arrivedAt / 1000);

function read(attributes: Attributes): Reading {
  return readAccounting({ datagram: accountingRequest({ attributes }), nas: 'bras-1', arrivedAt });
}

function record(attributes: Attributes, status = 1): AccountingRecord {
  const reading = read([[40, status], [44, '81000001'], ...attributes]);
  if (typeof reading === 'string') throw new Error(reading);
  return reading;
}

test('a record says what the packet says', () => {
  const attributes: Attributes = [
    [1, 'Иванов@пров.рф'],
    [4, Buffer.from([10, 0, 0, 1])],
    [8, Buffer.from([10, 1, 2, 3])],
    [31, 'AA:BB:CC:00:00:01'],
    [32, 'bras-1'],
    [5, 4711],
    [87, 'vlan 100/7'],
    [30, 'pppoe-in'],
    [50, 'multi-1'],
    [25, Buffer.from([0, 255])],
    [25, 'тариф'],
    [85, 300],
    [46, 3600],
    [42, 1000],
    [52, 2],
    [43, 4_294_967_295],
    [53, 1],
    [49, 4],
    [55, second - 3],
    [97, Buffer.from('00402001 0db80000 0001'.replaceAll(' ', ''), 'hex')],
    [123, Buffer.from('0030 2001 0db8 00aa 0000 0000 0000 0000 0000'.replaceAll(' ', ''), 'hex')],
  ];

  expect(record(attributes, 2)).toEqual({
    nas: 'bras-1',
    status: 'stop',
    acctSessionId: '81000001',
    userName: 'Иванов@пров.рф',
    framedIp: '10.1.2.3',
    framedIpv6Prefix: '2001:db8:0:1::/64',
    delegatedIpv6Prefix: '2001:db8:aa::/48',
    callingStationId: 'AA:BB:CC:00:00:01',
    calledStationId: 'pppoe-in',
    port: 'vlan 100/7',
    multiSessionId: 'multi-1',
    class: `00ff ${Buffer.from('тариф').toString('hex')}`,
    interimInterval: 300,
    nasIp: '10.0.0.1',
    nasIdentifier: 'bras-1',
    at: (second - 3) * 1000,
    timestamped: true,
    sessionTime: 3600,
    inputOctets: 2 * 2 ** 32 + 1000,
    outputOctets: 2 * 2 ** 32 - 1,
    gigawords: true,
    terminateCause: 4,
  });
});

test('an IPv6 address alone is a prefix of 128 bits, and a prefix goes before it', () => {
  const address = Buffer.from('20010db8000000000000000000000005', 'hex');
  const prefix = Buffer.from('004020010db80000 0001'.replaceAll(' ', ''), 'hex');
  expect(record([[168, address]])).toMatchObject({ framedIpv6Prefix: '2001:db8::5/128' });
  expect(
    record([
      [168, address],
      [97, prefix],
    ]),
  ).toMatchObject({ framedIpv6Prefix: '2001:db8:0:1::/64' });
  expect(record([[168, address.subarray(0, 15)]])).toMatchObject({ framedIpv6Prefix: '' });
});

test('the number of the port stands for its name when the packet has none', () => {
  expect(record([[5, 0]])).toMatchObject({ port: '0' });
});

test('a record of a packet with nothing but status and id has empty texts and zeros', () => {
  expect(record([])).toMatchObject({ userName: '', framedIp: '', framedIpv6Prefix: '', nasIp: '', inputOctets: 0 });
});

test.each([
  { number: 1, status: 'start' },
  { number: 2, status: 'stop' },
  { number: 3, status: 'interim' },
  { number: 7, status: 'on' },
  { number: 8, status: 'off' },
])('Acct-Status-Type $number is $status', ({ number, status }) => {
  expect(record([], number).status).toBe(status);
});

test.each([0, 4, 9, 15, 0xffffffff])('Acct-Status-Type %d is none of ours', (number) => {
  expect(read([[40, number]])).toBe('ignored');
});

test('a session without an id is ignored, an Accounting-On needs none', () => {
  expect(read([[40, 1]])).toBe('ignored');
  expect(read([[40, 7]])).toMatchObject({ status: 'on', acctSessionId: '' });
});

test.each<{ it: string; attributes: Attributes; at: number; timestamped: boolean }>([
  { it: 'the arrival when nothing says', attributes: [], at: arrivedAt, timestamped: false },
  { it: 'the arrival less Acct-Delay-Time', attributes: [[41, 12]], at: arrivedAt - 12_000, timestamped: false },
  {
    it: 'Event-Timestamp rather than Acct-Delay-Time',
    attributes: [
      [55, second - 60],
      [41, 12],
    ],
    at: (second - 60) * 1000,
    timestamped: true,
  },
  { it: 'the arrival when the clock was never set', attributes: [[55, 1000]], at: arrivedAt, timestamped: false },
  {
    it: 'the arrival when the clock is an hour ahead',
    attributes: [[55, second + 3600]],
    at: arrivedAt,
    timestamped: false,
  },
])('the time of a record is $it', ({ attributes, at, timestamped }) => {
  expect(record(attributes)).toMatchObject({ at, timestamped });
});

test.each([
  { bytes: '00402001', prefix: '2001::/64' },
  { bytes: '0000', prefix: '::/0' },
  { bytes: '008020010db8000000010000000000000001', prefix: '2001:db8:0:1::1/128' },
  { bytes: '008000010002000300040005000600070008', prefix: '1:2:3:4:5:6:7:8/128' },
  { bytes: '008000010000000300040005000600070008', prefix: '1:0:3:4:5:6:7:8/128' },
  { bytes: '00812001', prefix: '' },
  { bytes: '00', prefix: '' },
])('the prefix $bytes reads as "$prefix"', ({ bytes, prefix }) => {
  expect(record([[97, Buffer.from(bytes, 'hex')]]).framedIpv6Prefix).toBe(prefix);
});

test('names that are not UTF-8 stay different names', () => {
  const [one, other] = ['c8e2e0edeee2', 'cfe5f2f0eee2'].map((hex) => record([[1, Buffer.from(hex, 'hex')]]).userName);

  expect(one).not.toBe(other);
  expect(Buffer.from(one ?? '', 'latin1').toString('hex')).toBe('c8e2e0edeee2');
});

test('a terminating zero is no part of a name', () => {
  expect(record([[1, Buffer.from('alice\0')]]).userName).toBe('alice');
});

test('values of a wrong size count as absent', () => {
  const reading = record([
    [8, Buffer.from([10, 0, 0])],
    [42, Buffer.alloc(8, 1)],
  ]);

  expect(reading).toMatchObject({ framedIp: '', inputOctets: 0 });
});

test('no bytes make the reader throw or read beyond the packet', () => {
  const valid = accountingRequest({
    attributes: [
      [40, 3],
      [44, 'id'],
      [97, Buffer.alloc(18, 1)],
      [55, second],
    ],
  });
  const flips = fc.array(fc.tuple(fc.integer({ min: 20, max: valid.length - 1 }), fc.nat(255)), { maxLength: 8 });

  fc.assert(
    fc.property(flips, fc.integer({ min: 20, max: valid.length }), (changes, length) => {
      const datagram = Buffer.concat([valid, Buffer.alloc(64, 0xee)]);
      for (const [at, value] of changes) datagram[at] = value;
      datagram.writeUInt16BE(length, 2);
      const reading = readAccounting({ datagram, nas: 'n', arrivedAt });
      const same = readAccounting({ datagram: datagram.subarray(0, length), nas: 'n', arrivedAt });
      expect(reading).toEqual(same);
    }),
    { numRuns: 2000 },
  );
});

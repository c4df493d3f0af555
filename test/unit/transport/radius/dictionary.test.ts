// Our dictionary files against those of FreeRADIUS, and the parser against what people write.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { type Dictionary, loadDictionary } from '#core/transport/radius/dictionary.ts';

const ours = await loadDictionary('nas-profiles/dictionaries');
const reference = await loadDictionary('/usr/share/freeradius');
const made: string[] = [];

afterEach(async () => {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true });
});

describe('our dictionaries', () => {
  test('agree with FreeRADIUS in number, type, tag and encryption of every attribute that both have', () => {
    const differing = [];
    let compared = 0;
    for (const { name, vendor, number, type, length, tagged, encrypted } of ours.all()) {
      const theirs = reference.byName(name);
      if (!theirs) continue;
      compared++;
      const mine = { name, vendor, number, type, length, tagged, encrypted };
      const expected = {
        name,
        vendor: theirs.vendor,
        number: theirs.number,
        type: theirs.type,
        length: theirs.length,
        tagged: theirs.tagged,
        encrypted: theirs.encrypted,
      };
      if (JSON.stringify(mine) !== JSON.stringify(expected)) differing.push({ mine, expected });
    }
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(750);
  });

  test('have few names that FreeRADIUS lacks, and none of those is a slip', () => {
    const alone = ours.all().filter(({ name }) => !reference.byName(name));
    // mpd5's own manual lists them; FreeRADIUS does not have that vendor.
    expect(alone.map(({ name }) => name).filter((name) => !name.startsWith('mpd-'))).toEqual([
      'Huawei-Policy-Route', // there with a small h
      'HW-QOS-Profile-Name',
      'HW-Command-Mode',
      'HW-Down-QOS-Profile-Name',
      'Accel-VRF-Name',
    ]);
  });

  test('agree with FreeRADIUS in every named value', () => {
    const differing = [];
    for (const { name, numberOf } of ours.all()) {
      const theirs = reference.byName(name);
      if (!theirs) continue;
      for (const [label, number] of numberOf)
        if (theirs.numberOf.get(label) !== number) differing.push(`${name} ${label}=${number}`);
    }
    expect(differing).toEqual([]);
  });

  test('name every Error-Cause of RFC 5176', () => {
    const causes = [...(ours.byName('Error-Cause')?.nameOf.keys() ?? [])].sort();
    expect(causes).toEqual([201, 202, 401, 402, 403, 404, 405, 406, 407, 501, 502, 503, 504, 505, 506, 507, 508]);
  });

  test('hide the values of passwords and keys', () => {
    for (const name of [
      'User-Password',
      'CHAP-Password',
      'Mikrotik-Wireless-PSK',
      'MS-MPPE-Send-Key',
      'Tunnel-Password',
    ])
      expect(ours.byName(name)?.secret, name).toBe(true);
    expect(ours.byName('User-Name')?.secret).toBe(false);
  });
});

describe('loadDictionary', () => {
  test('shows the first of several names of one number, and takes all of them', () => {
    expect(ours.byName('HW-QOS-Profile-Name')?.number).toBe(31);
    expect(ours.byNumber(2011, 31)?.name).toBe('Huawei-Qos-Profile-Name');
  });

  test('reads formats, hexadecimal numbers, comments and attributes of unknown types', async () => {
    const dictionary = await load(`
VENDOR Wide 429 format=2,1   # bytes of type, bytes of length
BEGIN-VENDOR Wide
ATTRIBUTE Wide-Thing 0x1001 string
ATTRIBUTE Wide-Odd 0x1002 abinary
ATTRIBUTE Wide-Part 1.2 integer
VALUE Wide-Thing With#Hash 1
END-VENDOR Wide
ATTRIBUTE Plain 200 integer
`);
    expect(dictionary.byNumber(429, 0x1001)?.name).toBe('Wide-Thing');
    expect(dictionary.byName('Wide-Thing')?.numberOf.get('With#Hash')).toBe(1);
    expect(dictionary.byName('Wide-Odd')?.type).toBe('octets');
    expect(dictionary.byName('Wide-Part')).toBeUndefined();
    expect(dictionary.format(429)).toEqual({ typeBytes: 2, lengthBytes: 1, continued: false });
    expect(dictionary.byNumber(0, 200)?.name).toBe('Plain');
  });

  test('passes over an optional file that is not there', async () => {
    await expect(load('$INCLUDE- dictionary.local\n')).resolves.toBeDefined();
  });

  const wrong: Record<string, string> = {
    'ATTRIBUTE Short 5': 'ATTRIBUTE needs',
    'ATTRIBUTE Bad five string': 'no attribute number',
    'BEGIN-VENDOR Nobody': 'no VENDOR Nobody',
    'VENDOR Nameless': 'VENDOR needs',
    'ATTRIBUT Typo 5 string': 'no keyword',
    'ATTRIBUTE Twice 5 string\nATTRIBUTE Twice 6 string': 'another attribute already',
    '$INCLUDE dictionary': '$INCLUDE',
  };
  for (const [text, problem] of Object.entries(wrong)) {
    test(`refuses ${JSON.stringify(text)} and names file and line`, async () => {
      const failure = await load(`\n${text}\n`).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(OssiaError);
      expect(failure).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(problem) });
      expect((failure as OssiaError).fields[0]?.where).toMatch(/dictionary:[23]$/);
    });
  }

  test('refuses an included file that is not there, by its name', async () => {
    await expect(load('$INCLUDE dictionary.gone')).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('dictionary.gone'),
    });
  });
});

async function load(text: string): Promise<Dictionary> {
  const dir = await mkdtemp(join(tmpdir(), 'ossia-dictionary-'));
  made.push(dir);
  await writeFile(join(dir, 'dictionary'), text);
  return loadDictionary(dir);
}

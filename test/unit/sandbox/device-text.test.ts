// The text that makes a device: frozen, without prototypes, and made of names only.
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { deviceText, type MakeDevice } from '#core/sandbox/device-text.ts';

function made(device: Record<string, string[]>, streams: string[] = []) {
  const asked: unknown[] = [];
  const note = (kind: string) => (transport: string, method: string, args: unknown[]) =>
    asked.push([kind, transport, method, [...args]]);
  const make = runInNewContext(deviceText({ device, streams }), {}) as MakeDevice;
  const built = make(note('call'), note('stream'), Object.freeze) as Record<
    string,
    Record<string, (...args: unknown[]) => void>
  >;
  return { built, asked };
}

test('a device passes its calls on by name, streams apart', () => {
  const { built, asked } = made({ coa: ['coa'], routeros: ['print', 'pages'] }, ['routeros.pages']);
  built['coa']?.['coa']?.({ login: 'алиса' }, 7);
  built['routeros']?.['pages']?.('/ip');
  expect(asked).toEqual([
    ['call', 'coa', 'coa', [{ login: 'алиса' }, 7]],
    ['stream', 'routeros', 'pages', ['/ip']],
  ]);
});

test('a device and its transports are frozen and have no prototype', () => {
  const { built } = made({ coa: ['coa'] });
  for (const one of [built, built['coa']]) {
    expect(Object.isFrozen(one)).toBe(true);
    expect(Object.getPrototypeOf(one)).toBeNull();
  }
});

test.each(['__proto__', 'constructor', '"] = 1; //', 'a\n}', '\u2028', '`', 'имя'])(
  'the name %j is a name and no more',
  (name) => {
    const { built, asked } = made({ [name]: [name] });
    expect(Object.keys(built)).toEqual([name]);
    built[name]?.[name]?.();
    expect(asked).toEqual([['call', name, name, []]]);
  },
);

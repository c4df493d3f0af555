// The mask: secrets do not survive in any form that a text can hold them in.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMask, maskJson } from '#core/model/mask.ts';

test('a mask hides every form of a secret and leaves the rest', () => {
  const mask = createMask(['пароль "с" кавычкой\'s', 'abc']);

  expect(mask(`say 'пароль "с" кавычкой'\\''s' now`)).toBe("say '***' now");
  expect(mask(JSON.stringify({ psw: 'пароль "с" кавычкой\'s', login: 'абонент' }))).toBe(
    '{"psw":"***","login":"абонент"}',
  );
  expect(mask(`http://x/?p=${encodeURIComponent('пароль "с" кавычкой\'s')}`)).toBe('http://x/?p=***');
  expect(mask('abc stays: it is too short to hide')).toBe('abc stays: it is too short to hide');
});

test('a mask hides the longer secret when one begins with another', () => {
  expect(createMask(['secret', 'secret-longer'])('secret-longer and secret')).toBe('*** and ***');
});

test('a mask hides each line of a key', () => {
  const key = '-----BEGIN KEY-----\nAAAAB3NzaC1yc2EAAAADAQAB\nAAABgQC7vbqajDRxU1cQ4NPx\n-----END KEY-----';

  expect(createMask([key])('got AAAABgQC7vbqajDRxU1cQ4NPx, AAAAB3NzaC1yc2EAAAADAQAB')).toBe('got A***, ***');
});

test('a mask reaches into plain JSON at any depth', () => {
  const mask = createMask(['hush-hush']);

  expect(maskJson(mask, { a: ['x hush-hush', 1, null, { 'hush-hush': true }] })).toEqual({
    a: ['x ***', 1, null, { '***': true }],
  });
});

test('a mask leaves no trace of any secret in any text around it', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 8, maxLength: 24 }), text, text, (secret, before, after) => {
      fc.pre(!'***'.includes(secret) && !`${before}***${after}`.includes(secret));
      expect(createMask([secret])(before + secret + after)).not.toContain(secret);
    }),
  );
});

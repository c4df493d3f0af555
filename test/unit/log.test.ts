// The log: JSON lines, and no secret in them however deep it is.
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { createLog, type LogLevel } from '#core/log.ts';

function logInto(level: LogLevel = 'info') {
  let text = '';
  const to = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    log: createLog({ level, to }),
    lines: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

test('a line is one JSON object with level, ISO time and the fields given', () => {
  const { log, lines } = logInto();
  log.info({ nas: 'bras-1' }, 'profile in force');
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      pid: process.pid,
      nas: 'bras-1',
      msg: 'profile in force',
    },
  ]);
});

test('values under secret names are masked at any depth, and what was logged is not changed', () => {
  const { log, lines } = logInto();
  const fields = {
    psw: 'hush',
    list: [{ deep: { Secret: 'hush', headers: { authorization: 'hush' } } }],
    login: 'боря',
  };
  log.info(fields, 'x');
  expect(JSON.stringify(lines())).not.toContain('hush');
  expect(lines()[0]).toMatchObject({ login: 'боря', psw: '***' });
  expect(fields.psw).toBe('hush');
});

test('an error keeps its code and stack for the people who read the log', () => {
  const { log, lines } = logInto();
  log.error({ err: new OssiaError('store_failed', 'disk is full') }, 'commit failed');
  expect(lines()[0]).toMatchObject({
    err: { code: 'store_failed', message: 'disk is full', stack: expect.any(String) },
  });
});

test('lines below the level are not written', () => {
  const { log, lines } = logInto('warn');
  log.info('quiet');
  log.warn('loud');
  expect(lines().map(({ msg }) => msg)).toEqual(['loud']);
});

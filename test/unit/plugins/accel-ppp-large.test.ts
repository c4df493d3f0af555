// An accel-ppp with twenty thousand sessions is listed whole, under the limits that every plugin has.
import { expect, onTestFinished, test } from 'vitest';
import { openSimulatedNas } from '#test/support/simulated-nas.ts';

const count = 20_000;

test('twenty thousand sessions with names that are no ASCII', async () => {
  const sessions = Array.from({ length: count }, (_, at) => ({
    sid: `8f1c2d3e4a5b${at}`,
    username: `абонент | ${at}`,
    ip: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
    caller: '02:00:00:00:00:03',
    ifname: `ppp${at}`,
    down: at + 1,
    up: 5000,
  }));
  const { nas, run, close } = await openSimulatedNas({ plugin: 'accel-ppp', state: { sessions }, options: {} });
  onTestFinished(close);
  const signal = new AbortController().signal;

  const listed = await nas.listSessions(signal);
  expect(listed.type === 'listed' && new Set(listed.sessions.map((one) => one.userName)).size).toBe(count);

  let right = 0;
  const users = await nas.listUsers({
    signal,
    onUsers(some) {
      right += some.filter(({ login, rate }) => login === `абонент | ${(rate?.rate_out ?? 0) - 1}`).length;
    },
  });
  expect([users.type, right]).toEqual(['listed', count]);

  const { value } = await run('user_info', { user_id: '1', login: 'абонент | 777', nas_ip: '10.0.0.1' });
  expect(value).toMatchObject({ user: { ip: '10.0.3.9', logged: true, rate: { rate_in: 5000, rate_out: 778 } } });
  expect(await nas.uptime(signal)).toBe(93_784);
}, 60_000);

// A MikroTik with a hundred thousand subscribers is listed whole, under the limits that every plugin has.
import { expect, onTestFinished, test } from 'vitest';
import type { BoxUser } from '#core/plugin-sdk/index.ts';
import { openSimulatedNas } from '#test/support/simulated-nas.ts';

const count = 100_000;
const addressOf = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
const all = <T>(make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

test('a hundred thousand subscribers with lists, queues and sessions', async () => {
  const state = {
    '/ip/firewall/address-list': [
      ...all((at) => ({ list: 'crb_auth', address: addressOf(at), comment: `ossia:${at}` })),
      ...all((at) => ({ list: 'crb_negbal', address: addressOf(at), comment: `ossia:${at}` })).filter(
        (_, at) => at % 10 === 0,
      ),
    ],
    '/queue/simple': all((at) => ({
      name: `crb_${addressOf(at)}`,
      target: `${addressOf(at)}/32`,
      'max-limit': `${(at % 100) + 1}000/20000000`,
      comment: `ossia:${at}`,
    })),
    '/ppp/active': all((at) => ({
      name: `абонент${at}`,
      address: `100.${64 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`,
      'caller-id': 'AA:BB:CC:00:00:01',
      uptime: '1d2h',
      'session-id': `0x${at.toString(16)}`,
      radius: 'true',
    })),
  };
  const { nas, close } = await openSimulatedNas({ plugin: 'mikrotik', state, options: {} });
  onTestFinished(close);
  const signal = new AbortController().signal;

  const seen = new Set<string>();
  let sessions = 0;
  const wrong: BoxUser[] = [];
  const listing = await nas.listUsers({
    signal,
    onUsers(users) {
      for (const user of users) {
        if (user.user_id === '') {
          sessions += 1;
          continue;
        }
        seen.add(user.user_id);
        const at = Number(user.user_id);
        const isRight =
          user.ip === addressOf(at) && user.redirect === (at % 10 === 0) && user.rate?.rate_in === (at % 100) + 1;
        if (!isRight) wrong.push(user);
      }
    },
  });

  expect(listing).toMatchObject({ type: 'listed' });
  expect(wrong).toEqual([]);
  expect([seen.size, sessions]).toEqual([count, count]);

  const listed = await nas.listSessions(signal);
  expect(listed.type === 'listed' && listed.sessions.length).toBe(count);
  expect(await nas.uptime(signal)).toBe(3 * 604_800 + 2 * 86_400 + 4 * 3600);
}, 90_000);

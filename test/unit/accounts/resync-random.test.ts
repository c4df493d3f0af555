// Whatever a box has and whatever its accounts should have: after a resync it has that, strangers are untouched, and the next finds nothing.
import { expect, onTestFinished, test } from 'vitest';
import type { State } from '#core/model/state.ts';
import { put, resyncStage } from './resync-stage.ts';

const rounds = 6;
const accounts = 60;

/** A small generator, so that a failing round can be had again by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Mostly the same one, so that it is the one that it should be at times. */
const snatips = ['', '', '203.0.113.5', '203.0.113.5', '2001:db8::5'];

function randomState(below: (most: number) => number): State {
  const state: Record<string, string> = { exists: 'true' };
  for (const flag of ['accept', 'redirect', 'own_disabled'])
    if (below(3) > 0) state[flag] = below(2) === 0 ? 'true' : 'false';
  const rates = [
    'none',
    JSON.stringify({ rate_in: '64', rate_out: '64' }),
    JSON.stringify({ rate_in: '1', rate_out: '9' }),
  ];
  const rate = rates[below(4)];
  if (rate !== undefined) state['rate'] = rate;
  for (const id of ['1', 'тв', 'кино']) if (below(3) === 0) state[`service:${id}`] = below(2) === 0 ? 'on' : 'off';
  return state;
}

test.each(Array.from({ length: rounds }, (_, n) => n + 1))('random box and random accounts, seed %i', async (seed) => {
  const below = random(seed * 7919);
  const stage = await resyncStage({ resync: { mostMissing: 1, mostRemoved: 1 } });
  onTestFinished(() => stage.close());
  const { box, should, resync } = stage;
  const wanted = new Map<string, State>();
  put(box, 'чужой', { exists: 'true', accept: 'false' });
  for (let n = 1; n <= accounts; n++) {
    const id = String(n);
    const has = below(4) > 0;
    const snatip = snatips[below(5)] ?? '';
    if (has) put(box, id, { ...randomState(below), snatip: snatips[below(5)] || 'none' });
    const kind = below(10);
    if (kind === 0) {
      // Gone, here or from elsewhere; or never heard of.
      if (below(2) === 0) await should(id, { ...randomState(below), exists: 'false' });
    } else if (kind === 1) {
      await should(id, { exists: 'true' }, { nas_ip: '10.0.0.2' });
    } else {
      const state = randomState(below);
      wanted.set(id, { ...state, snatip: snatip || 'none' });
      await should(id, state, { snatip });
    }
  }
  // One of them without a mark of ours.
  const whole = box.listUsers;
  const list: typeof box.listUsers = (listing) =>
    whole({
      ...listing,
      onUsers: (users) =>
        listing.onUsers(
          users.map((user) => (user.user_id === 'чужой' ? { ...user, user_id: '', login: 'чужой', ip: '' } : user)),
        ),
    });
  stage.directory.lists('bras-1', list);

  const run = await resync();
  expect(run, run.reason).toMatchObject({ state: 'done', counts: { foreign: 1, overtaken: 0 } });
  expect([...box.state.keys()].sort()).toEqual([...wanted.keys(), 'чужой'].sort());
  for (const [id, state] of wanted) {
    const has = box.state.get(id) ?? {};
    for (const [key, value] of Object.entries(state)) {
      // What is off and was never there is as it should be.
      const isOff = value === 'false' || value === 'off' || value === 'none';
      const found = has[key] ?? (key === 'accept' ? 'true' : isOff ? value : undefined);
      expect(found, `${id} ${key}`).toBe(value);
    }
  }
  const again = await resync();
  expect(again.counts).toMatchObject({ add: 0, change: 0, remove: 0, foreign: 1, same: wanted.size });
});

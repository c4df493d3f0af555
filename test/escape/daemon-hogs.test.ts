// Plugins that compute, swell or flood inside a running daemon: their jobs end visibly, the boxes beside them are served as before.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostileSite, openHostileSite } from '#test/support/hostile-site.ts';
import { childrenOf } from '#test/support/sandbox-workers.ts';
import { until } from '#test/support/until.ts';

interface Hog {
  readonly body: string;
  /** How its job ends: parked, unless it is the plugin's own bug, or the box's or the deadline's doing. */
  readonly ends: string;
  /** Words that help the operator. */
  readonly says: RegExp;
}

// On a machine with far too much to do, a run may also get too little CPU to be told from one that waits for it.
const cpu = { ends: 'parked', says: /computed for longer than it may without waiting|too little CPU/ };
const memory = {
  ends: 'parked',
  says: /used more memory than it may|the sandbox worker died under it twice: .*(gone|died|more than \d+ MB|does not answer)|computed for longer/,
};

const hogs: Readonly<Record<string, Hog>> = {
  'endless loop': { ...cpu, body: 'for (;;);' },
  'microtask loop': {
    ...memory,
    body: 'const again = () => Promise.resolve().then(again); again(); await new Promise(() => {});',
  },
  'catastrophic pattern': { ...cpu, body: `/^(a+)+$/.test('a'.repeat(40) + '!');` },
  'Atomics.wait': {
    ends: 'refused',
    says: /Atomics is not defined.*plugins\/hostile\/plugin\.ts:\d+/,
    body: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
  },
  'string bomb': { ...memory, body: `const all = []; for (;;) all.push(('x' + all.length).repeat(1e6));` },
  'array bomb': { ...memory, body: 'const all = []; for (;;) all.push(new Array(1000).fill(1));' },
  'Map bomb': { ...memory, body: 'const all = new Map(); for (let i = 0; ; i++) all.set(i, {});' },
  'typed-array bomb': {
    ...memory,
    ends: 'refused',
    says: /Array buffer allocation failed.*plugins\/hostile\/plugin\.ts/,
    body: 'const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));',
  },
  'giant array filled': { ...memory, body: 'new Array(1e9).fill(0);' },
  'giant string spread': { ...memory, body: `[...'.'.repeat(5e8)].length;` },
  'promise that never settles': {
    ends: 'dead',
    says: /did not end user_edit before its deadline/,
    body: 'await new Promise(() => {});',
  },
  'log flood': { ends: 'done', says: /^$/, body: `for (let i = 0; i < 1e5; i++) input.log('флуд'.repeat(2000));` },
  'host-call flood': {
    ends: 'parked',
    says: /More than 64 host calls at once|computed for longer/,
    body: `const all = []; for (let i = 0; i < 1000; i++) all.push(device.coa.coa({ 'User-Name': 'x' })); await Promise.all(all);`,
  },
  'host-call flood, refusals swallowed': {
    ends: 'done',
    says: /^$/,
    body: `for (let i = 0; i < 1000; i++) device.coa.coa({ 'User-Name': 'x' }).catch(() => {});`,
  },
};

/** Steps that each stay below their limit, with calls to the box between them, so that nothing ever cuts them off. */
const justBelow = `
  for (let step = 0; step < 12; step++) {
    const until = Date.now() + 150;
    while (Date.now() < until);
    await device.coa.coa({ 'No-Such': 1 }).catch(() => {});
  }`;

let hostile: HostileSite;
let residentBefore = 0;
const times: string[] = [];
beforeAll(async () => {
  hostile = await openHostileSite({
    attacks: {
      ...Object.fromEntries(Object.entries(hogs).map(([name, { body }]) => [name, body])),
      'just below': justBelow,
    },
  });
  residentBefore = Math.round(hostile.resident());
});
afterAll(() => hostile?.close());

test.each(Object.entries(hogs))('%s', { timeout: 60_000 }, async (name, { ends, says }) => {
  hostile.load.phase(name);
  const job = await hostile.attack(name);
  expect.soft(job.state).toBe(ends);
  expect.soft(job.reason).toMatch(says);
  const took = await hostile.recovery(name, job);
  times.push(`${name.padEnd(46)}${job.state.padEnd(9)}the next call of the same profile was done ${took} ms later`);
  expect(took).toBeLessThan(2000);
});

test('one that stays just below its limits is put apart too', { timeout: 60_000 }, async () => {
  for (const round of ['first', 'second', 'third']) {
    hostile.load.phase(`just below the limits, ${round} time`);
    expect(await hostile.attack('just below')).toMatchObject({ state: 'done' });
  }
  const apart = hostile.daemon.log.filter(({ msg }) => /again and again: it runs apart/.test(String(msg)));
  expect(apart).toHaveLength(1);
});

test('a job that was parked for its plugin is done when the plugin is mended', { timeout: 60_000 }, async () => {
  hostile.load.phase('mended');
  const job = await hostile.attack('endless loop');
  expect(job.state).toBe('parked');
  const took = await hostile.mended('endless loop', job);
  times.push(`mended: the parked job was done ${took} ms after the new version came into force`);
  expect(took).toBeLessThan(2000);
});

test('every event of the healthy boxes was done, and memory comes back', { timeout: 90_000 }, async () => {
  hostile.load.phase('after');
  await hostile.seconds(2);
  await hostile.finish();
  const after = Math.round(hostile.resident());
  console.log(
    [hostile.load.table(), ...times, `daemon and workers: ${residentBefore} MB before, ${after} MB after`].join('\n'),
  );
  // A worker for those that did harm has come, and the heap of a daemon under load breathes.
  expect(after - residentBefore).toBeLessThan(300);
});

test('killed in the middle of an attack, the daemon leaves no worker behind', { timeout: 60_000 }, async () => {
  const workers = childrenOf(hostile.daemon.pid);
  expect(workers.length).toBeGreaterThan(0);
  const attack = hostile.attack('endless loop').catch(() => undefined);
  await hostile.daemon.signal('SIGKILL');
  await attack;
  await until(() => workers.every((pid) => !existsSync(`/proc/${pid}`)), 10_000);
});

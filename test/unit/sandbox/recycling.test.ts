// An isolate that has served for long is replaced by a fresh one, and nobody who is served notices.
import { afterEach, expect, test } from 'vitest';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Guest, Recycling, Sandbox } from '#core/sandbox/sandbox.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

let sandbox: Sandbox | undefined;
afterEach(() => sandbox?.close());

const never: Recycling = { runs: 1e9, ageMs: 1e12, memory: 1e9 };

async function open(recycling: Partial<Recycling>): Promise<Sandbox> {
  sandbox = await openSandbox({ workers: 1, log: () => {}, recycling: { ...never, ...recycling } });
  return sandbox;
}

const counting = programOf(
  `count() { count += 1; return count; },
   async wait(input, device) { count += 100; await device.coa.coa({}); return count; },
   hold() { held.push(new Array(1_500_000).fill(1.5)); return held.length; }, sizes() { return held.length; }`,
  { before: 'let count = 0; const held = [];', owner: { nas: 'щит-1', plugin: 'acme' } },
);

const value = async (guest: Guest, hook: string): Promise<unknown> => {
  const result = await guest.run(callOf(hook));
  return result.type === 'returned' ? result.value : result;
};

/** Every run on the way must have been served. */
async function untilFresh(guest: Guest): Promise<void> {
  let last = 0;
  for (;;) {
    const count = await value(guest, 'count');
    expect(count).toBeTypeOf('number');
    if ((count as number) < last) return;
    last = count as number;
  }
}

test('an isolate is replaced after so many runs, and every run is served', async () => {
  const opened = await open({ runs: 20 });
  const guest = await opened.load(counting);
  expect(opened.stats().recycled).toBe(0);
  await untilFresh(guest);
  expect(opened.stats().recycled).toBe(1);
});

test('an isolate is replaced when it is old', async () => {
  const guest = await (await open({ ageMs: 100 })).load(counting);
  await untilFresh(guest);
});

test('an isolate is replaced when too much of its memory stays in use', async () => {
  const guest = await (await open({ memory: 0.3 })).load(counting);
  await expect.poll(() => value(guest, 'hold'), { timeout: 5000 }).toBe(1);
  // What it holds is seen with the next heartbeat.
  await expect.poll(() => value(guest, 'sizes'), { timeout: 5000 }).toBe(0);
});

test('a run that is in the old isolate ends there', async () => {
  const guest = await (await open({ runs: 1 })).load(counting);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const waiting = guest.run(callOf('wait', { onCall: () => promise }));
  await untilFresh(guest);
  resolve(null);
  const result = await waiting;
  expect(result).toMatchObject({ type: 'returned' });
  expect(result.type === 'returned' && result.value).toBeGreaterThanOrEqual(100);
});

test('closing ends what is left in the old isolate', async () => {
  const guest = await (await open({ runs: 1 })).load(counting);
  const waiting = guest.run(callOf('wait', { onCall: () => new Promise(() => {}) }));
  await untilFresh(guest);
  await guest.close();
  expect(await waiting).toMatchObject({ type: 'failed', error: { code: 'aborted' } });
});

test('an isolate whose successor does not load goes on', async () => {
  const warned: string[] = [];
  const until = Date.now() + 4000;
  const before = `if (Date.now() > ${until}) throw new Error('поздно'); let count = 0;`;
  sandbox = await openSandbox({
    workers: 1,
    log: (_level, words) => warned.push(words),
    recycling: { ...never, runs: 1 },
  });
  const guest = await sandbox.load(programOf('count() { count += 1; return count; }', { before }));
  expect(await value(guest, 'count')).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, until + 1 - Date.now()));
  expect(await value(guest, 'count')).toBe(2);
  await expect.poll(() => warned.join(), { timeout: 5000 }).toContain('goes on in its old isolate');
  expect(await value(guest, 'count')).toBe(3);
  expect(sandbox.stats().recycled).toBe(0);
});

test('what was used is counted on over the change, for the box and for its plugin', async () => {
  const opened = await open({ runs: 5 });
  const [guest, other] = [
    await opened.load(counting),
    await opened.load({ ...counting, owner: { nas: 'b', plugin: 'acme' } }),
  ];
  await untilFresh(guest);
  expect(await guest.run(callOf('wait'))).toMatchObject({ type: 'returned' });
  await value(other, 'count');
  const one = opened.usageOf('щит-1');
  const two = opened.usageOf('b');
  expect(one?.runs).toBeGreaterThan(5);
  expect(one?.calls).toBe(1);
  expect(one?.runMs).toBeGreaterThan(0);
  expect(two).toMatchObject({ runs: 1, calls: 0 });
  expect(opened.stats().plugins.get('acme')).toMatchObject({ runs: (one?.runs ?? 0) + 1, calls: 1 });
  await expect.poll(() => opened.usageOf('щит-1')?.cpuMs, { timeout: 5000 }).toBeGreaterThan(0);
  await expect.poll(() => opened.usageOf('щит-1')?.memoryBytes, { timeout: 5000 }).toBeGreaterThan(100_000);
  await guest.close();
  await other.close();
  expect(opened.usageOf('щит-1')).toBeNull();
  expect(opened.stats().plugins.get('acme')).toMatchObject({ calls: 1, memoryBytes: 0 });
});

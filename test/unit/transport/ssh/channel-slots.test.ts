// Turns on a connection: never more than allowed, in order, and nobody is forgotten.
import { expect, test } from 'vitest';
import { createChannelSlots } from '#core/transport/ssh/channel-slots.ts';

const never = new AbortController().signal;

test('callers beyond the limit wait and come in order', async () => {
  let idle = 0;
  const slots = createChannelSlots(1, () => (idle += 1));
  const first = await slots.take(never);
  const order: number[] = [];
  const taken = async (caller: number) => {
    const release = await slots.take(never);
    order.push(caller);
    return release;
  };
  const second = taken(2);
  const third = taken(3);
  expect(slots.taken()).toBe(1);
  first?.();
  (await second)?.();
  (await third)?.();
  expect([order, slots.taken()]).toEqual([[2, 3], 0]);
  expect(idle).toBe(1);
});

test('a caller whose signal goes off leaves the queue without a turn', async () => {
  const slots = createChannelSlots(1, () => undefined);
  const release = await slots.take(never);
  const leaving = new AbortController();
  const gone = slots.take(leaving.signal);
  const next = slots.take(never);
  leaving.abort();
  expect(await gone).toBeNull();
  release?.();
  expect(await next).not.toBeNull();
  expect(await slots.take(leaving.signal)).toBeNull();
});

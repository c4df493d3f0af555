// ensure and ensureAbsent over a box in memory: what is written, what is read back, and what a dry run says of itself.
import { expect, test } from 'vitest';
import { createKvDefinition } from '#core/plugin-host/kv.ts';
import { createMemoryKv } from '#core/plugin-host/memory-kv.ts';
import {
  base64,
  definePlugin,
  ensure,
  ensureAbsent,
  isDeviceError,
  sleep,
  unreachable,
} from '#core/plugin-sdk/index.ts';
import { inProcessDevice } from '#test/support/in-process-device.ts';

const live = { dryRun: false };
const dry = { dryRun: true };

/** A box that holds a speed and some sessions, and may take a write without doing it. */
function box({ deaf = false } = {}) {
  const told: string[] = [];
  let speed = 10;
  let sessions = ['а', 'б'];
  const readSpeed = async () => {
    told.push('read');
    return speed;
  };
  const steps = (wanted: number) => ({
    read: readSpeed,
    isSo: (now: number) => now === wanted,
    write: async (before: number) => {
      told.push(`${before} -> ${wanted}`);
      if (!deaf) speed = wanted;
    },
    what: 'скорость алисы',
  });
  const removal = {
    find: async () => sessions,
    remove: async (one: string) => {
      told.push(`remove ${one}`);
      if (!deaf) sessions = sessions.filter((other) => other !== one);
    },
  };
  return { told, steps, removal };
}

test('ensure writes only what is not so, and reads it back', async () => {
  const { told, steps } = box();
  expect(await ensure(live, steps(10))).toBe('unchanged');
  expect(await ensure(live, steps(20))).toBe('changed');
  expect(await ensure(live, { ...steps(30), verify: false })).toBe('changed');
  expect(told).toEqual(['read', 'read', '10 -> 20', 'read', 'read', '20 -> 30']);
});

test('ensure of a box that took it and has it not is a retry, and a dry run does not look for what was only recorded', async () => {
  const { told, steps } = box({ deaf: true });
  await expect(ensure(live, steps(20))).rejects.toMatchObject({
    verdict: 'retry',
    message: expect.stringContaining('скорость алисы'),
  });
  expect(await ensure(dry, steps(20))).toBe('changed');
  expect(told.slice(-2)).toEqual(['read', '10 -> 20']);
});

test('ensureAbsent removes all that it finds and looks again', async () => {
  const { told, removal } = box();
  expect(await ensureAbsent(live, removal)).toBe(2);
  expect(await ensureAbsent(live, removal)).toBe(0);
  expect(told).toEqual(['remove а', 'remove б']);
  const deaf = box({ deaf: true });
  await expect(ensureAbsent(live, deaf.removal)).rejects.toMatchObject({ verdict: 'retry' });
  expect(await ensureAbsent(dry, deaf.removal)).toBe(2);
  expect(await ensureAbsent(live, { ...deaf.removal, verify: false })).toBe(2);
});

test('what the sandbox gives is there without it too', async () => {
  expect(base64.decodeText(base64.encode('алиса 𝄞'))).toBe('алиса 𝄞');
  expect([...base64.decode(base64.encode(new Uint8Array([0, 255])))]).toEqual([0, 255]);
  const began = performance.now();
  await sleep(30);
  expect(performance.now() - began).toBeGreaterThan(25);
  expect(unreachable('выключен')).toMatchObject({ verdict: 'unreachable', message: 'выключен' });
  expect(typeof crypto.randomUUID()).toBe('string');
});

test('device.kv works in a test without a sandbox, and its errors are known as those of the device', async () => {
  const definition = createKvDefinition({ store: createMemoryKv(), plugin: 'acme', now: Date.now });
  const { device, close } = inProcessDevice([{ definition, section: {} }]);
  await device.kv.set('a', { b: ['я', undefined, 1] }, { ttlMs: 60_000 });
  expect(await device.kv.get('a')).toEqual({ b: ['я', null, 1] });
  expect(await device.kv.list()).toEqual(['a']);
  const error: unknown = await device.kv.set('', 1).catch((thrown: unknown) => thrown);
  expect(isDeviceError(error) && [error.code, error.retryable]).toEqual(['arguments_invalid', false]);
  expect([new Error('x'), unreachable('x'), null, { code: 'nas_busy' }].map(isDeviceError)).toEqual(
    Array(4).fill(false),
  );
  const trial = inProcessDevice([{ definition, section: {} }], { dryRun: true });
  await trial.device.kv.delete('a');
  expect(await trial.device.kv.get('a')).not.toBeNull();
  expect(trial.exchanges.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['recorded delete a']);
  await close();
  await trial.close();
});

test('kv is there for a plugin that asks for it in its manifest, and does not compile for another', () => {
  const asking = definePlugin<{ transports: { kv: string[] } }>({
    hooks: { user_info: (_input, { kv }) => kv.get<number>('a') },
  });
  const other = definePlugin<{ transports: { coa: string[] } }>({
    // @ts-expect-error it did not ask for it
    hooks: { user_info: (_input, { kv }) => kv.get('a') },
  });
  expect([asking, other].map(({ hooks }) => Object.keys(hooks))).toEqual([['user_info'], ['user_info']]);
});

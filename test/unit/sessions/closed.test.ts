// Closed sessions by what has no column of its own: found among many, and refused when that would be a walk through all of them.
import { expect, test } from 'vitest';
import type { Session } from '#core/model/session.ts';
import { blankSession } from '#core/model/session-body.ts';
import type { Condition } from '#core/sessions/book.ts';
import { countClosed, findClosed } from '#core/sessions/closed.ts';
import { compile } from '#core/sessions/conditions.ts';
import { createFields } from '#core/sessions/fields.ts';
import type { Store } from '#core/store/store.ts';

const fields = createFields(['улица']);

/** As the store gives them: in their order, page by page, within the columns' bounds. */
function storeOf(count: number) {
  let asked = 0;
  const store: Pick<Store, 'cdrs'> = {
    async cdrs({ where, after, limit }) {
      asked++;
      const least = where.find(({ column, op }) => column === 'started_at' && op === 'gt')?.value ?? -1;
      const first = Math.max(after === undefined ? 0 : after.startedAt + 1, Number(least) + 1);
      return Array.from({ length: Math.max(0, Math.min(limit, count - first)) }, (_, at) => sessionOf(first + at));
    },
  };
  return { store, asked: () => asked };
}

function sessionOf(n: number): Session {
  const port = n % 150_000 === 149_999 ? 'ge-0/0/7' : 'ge-0/0/1';
  return { ...blankSession, id: n.toString(16).padStart(20, '0'), startedAt: n, endedAt: n + 1, port };
}

const onPort = (...others: Condition[]) => compile([{ field: 'port', op: 'eq', value: 'ge-0/0/7' }, ...others], fields);
const page = { after: undefined, newestFirst: false, limit: 1 };

test('a port is found among closed sessions, and refused when that would be a walk through all of them', async () => {
  const few = storeOf(100_000);
  expect(await findClosed(few.store, { ...page, conditions: onPort() })).toEqual([]);
  expect(await countClosed(few.store, onPort())).toBe(0);

  const many = storeOf(250_000);
  const refused = { code: 'input_invalid', message: expect.stringMatching(/More than 100000 .* started_at\.gt/) };
  await expect(findClosed(many.store, { ...page, conditions: onPort() })).rejects.toMatchObject(refused);
  await expect(countClosed(many.store, onPort())).rejects.toMatchObject(refused);
  expect(many.asked()).toBeLessThan(220);

  const since = onPort({ field: 'started_at', op: 'gt', value: '100000' });
  expect(await findClosed(many.store, { ...page, conditions: since })).toMatchObject([{ port: 'ge-0/0/7' }]);
});

test('what all of them are is listed without a walk, and counted as far as one question may go', async () => {
  const { store, asked } = storeOf(200_000);
  expect(await findClosed(store, { ...page, limit: 50, conditions: [] })).toHaveLength(50);
  expect(asked()).toBe(1);
  await expect(countClosed(store, [], 3_000)).rejects.toMatchObject({ code: 'input_invalid' });
  expect(await countClosed(storeOf(3_000).store, [], 3_000)).toBe(3_000);
});

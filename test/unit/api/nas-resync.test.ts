// Resyncs over HTTP: what is asked for with a body and without one, and by whom.
import { expect, test } from 'vitest';
import { noCounts } from '#core/accounts/resync-plan.ts';
import type { ResyncRequest } from '#core/accounts/resyncs.ts';
import type { OpenApiDocument } from '#core/api/openapi.ts';
import { memoryWorld } from './memory-world.ts';
import { runningApi } from './running-api.ts';

async function world() {
  const memory = memoryWorld();
  const started: ResyncRequest[] = [];
  Object.assign(memory.deps.resyncs, {
    start: async (asked: ResyncRequest) => {
      started.push(asked);
      return {
        ...asked,
        id: 'ab',
        state: 'planning',
        reason: '',
        counts: noCounts,
        cursor: 0,
        createdAt: 1,
        updatedAt: 1,
      };
    },
  });
  const { url, get } = await runningApi({ world: memory });
  const post = async (path: string, body?: object) => {
    const sent = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(url + path, { method: 'POST', ...sent });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { started, post, get };
}

test('a resync without a body is one of everything; an empty list is believed only when that is asked for', async () => {
  const { started, post } = await world();
  expect(await post('/v1/nas/bras-1/resync')).toMatchObject({ status: 202, body: { expect_empty: false, only: [] } });
  expect(await post('/v1/nas/bras-1/resync?dry_run=true', { expect_empty: true, only: ['rate'] })).toMatchObject({
    status: 202,
    body: { expect_empty: true, dry_run: true },
  });
  expect(started).toMatchObject([
    { nas: 'bras-1', only: [], dryRun: false, expectEmpty: false, cause: 'operator' },
    { only: ['rate'], dryRun: true, expectEmpty: true },
  ]);
  expect(await post('/v1/nas/bras-1/resync', { expect_emty: true })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/expect_emty', detail: expect.stringContaining('did you mean expect_empty?') }] },
  });
  expect(started).toHaveLength(2);
});

test('what must stand in a body is missed by name when there is none, and the document says which bodies may be left out', async () => {
  const { post, get } = await world();
  const none = await post('/v1/pause');
  expect(none.status).toBe(422);
  expect(none.body['errors']).toContainEqual({ pointer: '/reason', detail: 'expected a text that says why' });
  const { paths } = (await (await get('/v1/openapi.json')).json()) as OpenApiDocument;
  const required = (path: string) =>
    (paths[path]?.['post'] as { requestBody: { required: boolean } } | undefined)?.requestBody.required;
  expect(required('/v1/nas/{name}/resync')).toBe(false);
  expect(required('/v1/jobs/{id}/retry')).toBe(false);
  expect(required('/v1/pause')).toBe(true);
  expect(required('/v1/events')).toBe(true);
});

// GET and DELETE /v1/kv: what plugins keep for themselves, for each profile and plugin, and removing it by hand.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { KvSome } from '../../store/store.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { reasonText } from '../schemas/job-bulk.ts';
import { dryRunQuery } from '../schemas/look.ts';
import {
  kvEntriesSchema,
  kvEntryAnswer,
  kvRemovedSchema,
  kvUseAnswer,
  kvUsesSchema,
  kvValueSchema,
} from '../schemas/plugin-kv.ts';

const params = z.object({ nas: z.string(), plugin: z.string() });
const text = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
const page = z.strictObject({
  prefix: text.optional(),
  cursor: text.optional(),
  limit: z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(100),
});
const removal = z
  .strictObject({
    key: text.optional(),
    prefix: text.optional(),
    all: z.literal('true', { error: 'expected true' }).optional(),
    reason: reasonText,
    dry_run: dryRunQuery,
  })
  .refine(({ key, prefix, all }) => [key, prefix, all].filter((way) => way !== undefined).length === 1, {
    error: 'say what, in one way: key, prefix, or all=true',
  });

export function pluginKvRoutes({ kv, log }: Pick<ApiDependencies, 'kv' | 'log'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/kv',
      scope: 'read',
      operationId: 'listPluginKv',
      summary: 'Which plugins keep something for themselves, of which profiles, and how much.',
      answers: { 200: { description: 'By profile and plugin.', schema: kvUsesSchema } },
      handle: async () => json(200, { kv: (await kv.uses()).map(kvUseAnswer) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/kv/{nas}/{plugin}',
      scope: 'read',
      operationId: 'listPluginKvEntries',
      summary: 'The keys that a plugin keeps of a profile.',
      params,
      query: page,
      answers: { 200: { description: 'A page of keys; none when nothing is kept.', schema: kvEntriesSchema } },
      async handle({ params: scope, query: { prefix = '', cursor = '', limit } }) {
        const found = await kv.entries(scope, { prefix, after: cursor, limit: limit + 1 });
        const entries = found.slice(0, limit);
        const next_cursor = found.length > limit ? (entries.at(-1)?.key ?? null) : null;
        return json(200, { entries: entries.map(kvEntryAnswer), next_cursor });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/kv/{nas}/{plugin}/value',
      scope: 'read',
      operationId: 'getPluginKvValue',
      summary: 'One value that a plugin keeps.',
      params,
      query: z.strictObject({ key: text }),
      answers: { 200: { description: 'The value.', schema: kvValueSchema }, 404: { description: 'No such key.' } },
      async handle({ params: scope, query: { key } }) {
        const value = await kv.value(scope, key);
        if (value === undefined)
          throw new OssiaError('not_found', `The plugin ${scope.plugin} keeps nothing of ${scope.nas} under this key.`);
        return json(200, { key, value: JSON.parse(value) });
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/kv/{nas}/{plugin}',
      scope: 'act',
      operationId: 'removePluginKv',
      summary: 'Remove what a plugin keeps: one key, those that begin alike, or all.',
      params,
      query: removal,
      answers: {
        200: { description: 'They are removed, or with `dry_run` would be.', schema: kvRemovedSchema },
        404: { description: 'There is nothing of that.' },
      },
      async handle({ params: scope, query: { reason, dry_run: dryRun, ...which }, caller: { name: by } }) {
        const removed = await kv.remove(scope, { which: someOf(which), by, reason, dryRun });
        if (removed === 0)
          throw new OssiaError('not_found', `${scope.plugin} keeps nothing like that of ${scope.nas}.`);
        if (!dryRun) log.info({ by, reason, ...scope, removed }, 'what a plugin keeps was removed by an operator');
        return json(200, { removed });
      },
    }),
  ];
}

function someOf({ key, prefix }: { readonly key?: string | undefined; readonly prefix?: string | undefined }): KvSome {
  return key === undefined ? { prefix: prefix ?? '' } : { key };
}

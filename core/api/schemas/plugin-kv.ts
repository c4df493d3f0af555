// What plugins keep: the shapes of the answers.
import { z } from 'zod';
import type { KvEntry, KvUse } from '../../model/kv.ts';
import { iso } from './job.ts';
import { named, time } from './registry.ts';

const use = z.object({
  nas: z.string(),
  plugin: z.string(),
  keys: z.int(),
  bytes: z.int(),
  used_at: time.describe('When the profile was last in force with this plugin, to the day, or something was kept.'),
});

export const kvUsesSchema = named('PluginKvUses', z.object({ kv: z.array(use) }));

const entry = z.object({
  key: z.string(),
  bytes: z.int(),
  updated_at: time,
  expires_at: time.nullable().describe('null: it stays.'),
});

export const kvEntriesSchema = named(
  'PluginKvEntries',
  z.object({
    entries: z.array(entry).describe('In the order of keys.'),
    next_cursor: z.string().nullable().describe('Send it as `cursor` for the rest; null at the end.'),
  }),
);

export const kvValueSchema = named('PluginKvValue', z.object({ key: z.string(), value: z.unknown() }));

export const kvRemovedSchema = named(
  'PluginKvRemoved',
  z.object({ removed: z.int().describe('How many keys; with `dry_run` how many it would be.') }),
);

export function kvUseAnswer({ nas, plugin, keys, bytes, usedAt }: KvUse): z.output<typeof use> {
  return { nas, plugin, keys, bytes, used_at: iso(usedAt) };
}

export function kvEntryAnswer({ key, bytes, updatedAt, expiresAt }: KvEntry): z.output<typeof entry> {
  return { key, bytes, updated_at: iso(updatedAt), expires_at: expiresAt === null ? null : iso(expiresAt) };
}

// Pauses and the audit: the shapes of the answers.
import { z } from 'zod';
import type { AuditRecord, Pause } from '../../store/store.ts';
import { iso } from './job.ts';
import { named, time } from './registry.ts';

const pause = z.object({
  scope: z.string().describe('`all`, `nas:` and a profile, or `plugin:` and a plugin.'),
  by: z.string(),
  reason: z.string(),
  since: time,
});

/** As it stands at a box. */
export const pausedSchema = named('Paused', pause);

export const pauseSchema = named(
  'Pause',
  pause.extend({ boxes: z.array(z.string()).describe('Names of the profiles that it is for now.') }),
);

export const pauseListSchema = named('PauseList', z.object({ pauses: z.array(pauseSchema) }));

export const resumedSchema = named(
  'Resumed',
  z.object({
    scope: z.string(),
    since: time.describe('Since when it was paused.'),
    boxes: z.array(z.string()),
    still_paused: z.array(z.object({ nas: z.string(), scope: z.string() })).describe('By another pause.'),
  }),
);

export const auditPageSchema = named(
  'AuditPage',
  z.object({
    entries: z
      .array(
        z.object({
          id: z.int(),
          at: time,
          by: z.string(),
          action: z.string(),
          detail: z.record(z.string(), z.unknown()),
        }),
      )
      .describe('From new to old.'),
    next_cursor: z.string().nullable().describe('Send it as `cursor` for the rest; null at the end.'),
  }),
);

export function pausedAnswer({ scope, by, reason, since }: Pause): z.output<typeof pausedSchema> {
  return { scope, by, reason, since: iso(since) };
}

export function pauseAnswer(given: Pause, boxes: string[]): z.output<typeof pauseSchema> {
  return { ...pausedAnswer(given), boxes };
}

export function auditAnswer({ id, at, by, action, detail }: AuditRecord) {
  return { id, at: iso(at), by, action, detail };
}

// A duration in a transport's section, written as people write it, parsed to milliseconds.
import { z } from 'zod';
import { parseDuration } from '../model/duration.ts';

export function duration(fallback: string): z.ZodType<number> {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const milliseconds = parseDuration(text);
      if (milliseconds !== undefined && milliseconds >= 10) return milliseconds;
      context.addIssue({ code: 'custom', message: 'expected a duration like 500ms, 10s or 2m, at least 10ms' });
      return z.NEVER;
    });
}

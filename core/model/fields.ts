// The kinds of values that settings and profiles are made of, as zod schemas that say what they expect.
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { parseRate } from './rate.ts';
import { parseSize } from './size.ts';

/** A text that becomes a number within bounds. */
interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

function measure(input: Bounds & { readonly expected: string; parse(text: string): number | undefined }) {
  const { expected, parse, least = 0, most = Number.POSITIVE_INFINITY } = input;
  return z.any().transform((value: unknown, context) => {
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed !== undefined && parsed >= least && parsed <= most) return parsed;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** To milliseconds. */
export function duration(expected = 'expected a duration like "10s", "500ms" or "2m"', bounds: Bounds = {}) {
  return measure({ ...bounds, expected, parse: parseDuration });
}

/** To bytes. */
export function size(expected = 'expected a size like "64MB" or "512KB"', bounds: Bounds = {}) {
  return measure({ ...bounds, expected, parse: parseSize });
}

/** To a number per second. */
export function rate(expected = 'expected a rate like "50/s", "300/min" or "unlimited"') {
  return measure({ expected, parse: parseRate });
}

export function count({ least = 1, most }: { readonly least?: number; readonly most: number }) {
  const error = `expected a whole number ${least}..${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export const port = count({ most: 65535 }).describe('port');

export const text = z.string({ error: 'expected a text (in quotes when it looks like a number)' }).min(1, {
  error: 'expected a text that is not empty',
});

export const flag = z.boolean({ error: 'expected true or false' });

/** Canonical: IPv6 in its short form, an IPv4 address wrapped in IPv6 as IPv4. */
export const address = z.any().transform((value: unknown, context) => {
  const canonical = typeof value === 'string' ? canonicalAddress(value) : undefined;
  if (canonical !== undefined) return canonical;
  context.addIssue({ code: 'custom', message: 'expected an IP address like 10.0.0.1 or 2001:db8::1' });
  return z.NEVER;
});

/** One value or a list of them, always to a list. */
export function oneOrList<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item));
}

export function canonicalAddress(value: string): string | undefined {
  const family = isIP(value);
  if (family === 0) return undefined;
  if (family === 4) return value;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(value)?.[1];
  if (mapped) return mapped;
  if (value.includes('%')) return value.toLowerCase();
  return new URL(`http://[${value}]/`).hostname.slice(1, -1);
}

// Days and clock times of a named time zone: where a day begins there, also when clocks change, and times with their offset.
import { OssiaError } from '../errors.ts';

interface Zone {
  readonly date: Intl.DateTimeFormat;
  readonly offset: Intl.DateTimeFormat;
}

const day = 86_400_000;
const most = 1_000;
const zones = new Map<string, Zone>();

export function isTimeZone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The first moment of the local day that `at` is in, or of a day so many days before it. */
export function startOfDay({
  at,
  timezone,
  daysBefore = 0,
}: {
  at: number;
  timezone: string;
  daysBefore?: number;
}): number {
  const wanted = dateOf(at, timezone) - daysBefore * day;
  // Local dates only go forward, so the border is found by halving; a day can begin at 01:00 or last 25 hours.
  let [before, after] = [wanted - 2 * day, wanted + 2 * day];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dateOf(middle, timezone) >= wanted) after = middle;
    else before = middle;
  }
  return after;
}

/** `2026-11-21T20:00:00+02:00`. */
export function isoIn(at: number, timezone: string): string {
  const minutes = offsetMinutes(at, timezone);
  const sign = minutes < 0 ? '-' : '+';
  const two = (value: number) => String(value).padStart(2, '0');
  const local = new Date(at + minutes * 60_000).toISOString().replace(/\.000Z$|Z$/, '');
  const size = Math.abs(minutes);
  return `${local}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export function systemTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The local date as the milliseconds of its midnight in UTC: to count days with. */
function dateOf(at: number, timezone: string): number {
  const parts = Object.fromEntries(
    zoneOf(timezone)
      .date.formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'] ?? 1);
}

function offsetMinutes(at: number, timezone: string): number {
  const name =
    zoneOf(timezone)
      .offset.formatToParts(at)
      .find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  try {
    const made: Zone = {
      date: new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'gregory',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
      }),
      offset: new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }),
    };
    // Names come from callers; each in several spellings.
    if (zones.size >= most) zones.clear();
    zones.set(name, made);
    return made;
  } catch (cause) {
    const problem = 'expected an IANA time zone, like Europe/Kyiv';
    throw new OssiaError('input_invalid', problem, { cause, fields: [{ where: '?timezone', problem }] });
  }
}

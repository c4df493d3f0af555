// The daemon's log: one JSON object a line on stdout, values under secret names masked at any depth; short lines for people on request.
import { type DestinationStream, type Logger, pino } from 'pino';
import { createLogLines } from './log-lines.ts';

export type Log = Logger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const secretName =
  /^(psw|pass(word|wd|phrase)?|secret|shared_?secret|token|authorization|cookie|private_?key|api_?key)$/i;
const deepest = 8;

interface LogOptions {
  readonly level?: LogLevel;
  /** Standard output when left out. */
  readonly to?: DestinationStream;
  /** Short lines for people instead of JSON. */
  readonly lines?: boolean;
}

export function createLog({ level = 'info', to, lines = false }: LogOptions = {}): Log {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => masked(fields, 0) as Record<string, unknown>,
    },
  };
  if (lines) return pino(options, createLogLines(to ?? process.stdout));
  return to === undefined ? pino(options) : pino(options, to);
}

/** Errors and other instances are left to pino's serialisers. */
function masked(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return depth > deepest ? '[deep]' : value.map((item) => masked(item, depth + 1));
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  if (depth > deepest) return '[deep]';
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = secretName.test(key) ? '***' : masked(item, depth + 1);
  return copy;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

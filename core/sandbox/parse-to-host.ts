// Reads a worker's lines as what they are: text from a process that a hostile plugin may have taken over.
import { verdictKinds } from '../plugin-sdk/verdict-kinds.ts';
import { limits } from './limits.ts';
import { besidesHooks } from './sandbox.ts';
import { type Fault, faults, type GuestEnd, type GuestUsage, type ToHost } from './to-host.ts';

/** Sums of more would end at infinity, which is no number to a metric. */
const mostCpuMs = 1e12;

type Fields = Readonly<Record<string, unknown>>;

/** Null when it is not a message of the protocol, to the last field. */
export function parseToHost(line: string): ToHost | null {
  const fields = objectOf(line);
  if (!fields) return null;
  const { type, guest, run, call, count, ahead } = fields;
  if (type === 'handled') return isCount(count) && isCount(ahead) ? { type, count, ahead } : null;
  if (type === 'pong') return parsePong(fields);
  if (type === 'ready') return typeof fields['versions'] === 'string' ? { type, versions: fields['versions'] } : null;
  if (!isCount(guest)) return null;
  if (type === 'loaded') return parseLoaded(fields, guest);
  if (type === 'rejected') {
    const { message, stack } = fields;
    if (typeof message !== 'string' || typeof stack !== 'string') return null;
    return { type, guest, ...cut(message, stack) };
  }
  if (!isCount(run)) return null;
  if (type === 'call') {
    const { transport, method, args } = fields;
    if (!isCount(call) || typeof transport !== 'string' || typeof method !== 'string') return null;
    return typeof args === 'string' ? { type, guest, run, call, transport, method, args } : null;
  }
  if (type === 'log') return typeof fields['line'] === 'string' ? { type, guest, run, line: fields['line'] } : null;
  if (type === 'ended') {
    return typeof fields['result'] === 'string' ? { type, guest, run, result: fields['result'] } : null;
  }
  if (type === 'abandoned') {
    return typeof fields['settled'] === 'boolean' ? { type, guest, run, settled: fields['settled'] } : null;
  }
  if (type === 'fault') return isFault(fields['fault']) ? { type, guest, run, fault: fields['fault'] } : null;
  return null;
}

export function parseGuestEnd(json: string): GuestEnd | null {
  const fields = objectOf(json);
  if (!fields) return null;
  const { type } = fields;
  if (type === 'returned') return { type, value: fields['value'] ?? null };
  if (type === 'verdict') {
    const { verdict, reason, afterMs } = fields;
    if (!isVerdict(verdict) || typeof reason !== 'string') return null;
    const wait = typeof afterMs === 'number' && afterMs >= 0 && Number.isFinite(afterMs) ? { afterMs } : {};
    return { type, verdict, reason: reason.slice(0, limits.messageChars), ...wait };
  }
  if (type !== 'threw') return null;
  const { message, stack, call, limit } = fields;
  if (typeof message !== 'string' || typeof stack !== 'string') return null;
  return { type, ...cut(message, stack), ...(isCount(call) && { call }), ...(limit === true && { limit }) };
}

/** A host call's arguments; in the object form, places that are `undefined` are left out. */
export function parseArguments(json: string): readonly unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(json);
    if (Array.isArray(parsed)) return parsed;
    if (typeof parsed !== 'object' || parsed === null) return null;
    const { length } = parsed as { length?: unknown };
    if (!isCount(length) || length > 64) return null;
    return Array.from({ length }, (_, index) => (parsed as Fields)[index]);
  } catch {
    return null;
  }
}

function parseLoaded({ hooks, besides }: Fields, guest: number): ToHost | null {
  if (!Array.isArray(hooks) || hooks.length > limits.hooks) return null;
  if (!hooks.every((name) => typeof name === 'string' && name.length <= limits.hookChars)) return null;
  if (!Array.isArray(besides)) return null;
  return { type: 'loaded', guest, hooks, besides: besidesHooks.filter((name) => besides.includes(name)) };
}

function parsePong({ id, usage }: Fields): ToHost | null {
  return isCount(id) && Array.isArray(usage) && usage.every(isUsage) ? { type: 'pong', id, usage } : null;
}

function isUsage(value: unknown): value is GuestUsage {
  if (typeof value !== 'object' || value === null) return false;
  const { guest, cpuMs, longMs, heapBytes } = value as Fields;
  if (!isCount(guest) || !isCount(longMs) || !isCount(heapBytes)) return false;
  return typeof cpuMs === 'number' && cpuMs >= 0 && cpuMs <= mostCpuMs;
}

function cut(message: string, stack: string): { readonly message: string; readonly stack: string } {
  return { message: message.slice(0, limits.messageChars), stack: stack.slice(0, limits.stackChars) };
}

function objectOf(json: string): Fields | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isVerdict(value: unknown): value is Extract<GuestEnd, { type: 'verdict' }>['verdict'] {
  return verdictKinds.some((kind) => kind === value);
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'string' && faults.has(value);
}

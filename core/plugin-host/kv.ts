// `device.kv`: what a plugin keeps for itself, beside the transports and by the same rules: asked for, granted, parsed, recorded.
import { z } from 'zod';
import { OssiaError } from '../errors.ts';
import { type KvScope, type KvStore, kvLimits } from '../model/kv.ts';
import type { CallContext, TransportDefinition } from '../transport/transport.ts';

/** Its name among the transports of a manifest. It reaches no box, and a profile needs no section for it. */
export const kvName = 'kv';

const day = 86_400_000;
/** With every use or each day, whichever is less often, the scope is marked as in use. */
const longestTtl = 3650 * day;

const readable = z
  .string()
  .max(kvLimits.keyCharacters, `expected at most ${kvLimits.keyCharacters} characters`)
  .refine((text) => text.isWellFormed() && !/[\p{Cc}\u{10ffff}]/u.test(text), 'has characters that a key cannot have');
const key = readable.min(1, 'expected a key');
/** It came as JSON; whatever else is wrong with it, its text will say. */
const value = z.unknown().refine((given) => given !== undefined, 'expected a value that JSON can hold');
const setOptions = z.strictObject({
  ttlMs: z.number().int().min(1, 'expected milliseconds').max(longestTtl, 'expected ten years at most').optional(),
});

const methods = {
  get: { access: 'read', args: z.tuple([key]) },
  list: { access: 'read', args: z.tuple([readable.optional()]) },
  set: { access: 'write', args: z.tuple([key, value, setOptions.optional()]) },
  delete: { access: 'write', args: z.tuple([key]) },
} as const;

interface KvInput {
  readonly store: KvStore;
  readonly plugin: string;
  readonly now: () => number;
}

export function createKvDefinition({ store, plugin, now }: KvInput): TransportDefinition {
  return {
    name: kvName,
    config: z.unknown(),
    secrets: [],
    methods,
    unknownInDryRun: 'What it would keep is not kept, so a later step does not find it.',
    subjects: (method, [first = '']) => [[method, String(first)]],
    connect(_section, { nas }) {
      const scope: KvScope = { nas, plugin };
      const keep = (): void => void store.keep(scope).catch(() => undefined);
      keep();
      const timer = setInterval(keep, day).unref();
      return {
        call: (method, args, context) => call({ store, scope, now }, { method, args, context }),
        describe,
        close: async () => clearInterval(timer),
      };
    },
  };
}

interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly context: CallContext;
}

async function call(
  { store, scope, now }: { readonly store: KvStore; readonly scope: KvScope; readonly now: () => number },
  { method, args, context }: Call,
): Promise<unknown> {
  const [first = '', given, options] = args as [string | undefined, unknown, z.output<typeof setOptions> | undefined];
  if (method === 'get') {
    const text = await store.get(scope, first);
    return text === undefined ? null : JSON.parse(text);
  }
  if (method === 'list') return store.keys(scope, first);
  if (method === 'delete') {
    await store.delete(scope, first);
  } else {
    const text = textOf(given);
    const bytes = Buffer.byteLength(text);
    if (bytes > kvLimits.valueBytes)
      throw new OssiaError(
        'arguments_invalid',
        `kv.set: the value of ${first} has ${bytes} bytes as JSON, and ${kvLimits.valueBytes} is the most.`,
      );
    const expiresAt = options?.ttlMs === undefined ? null : now() + options.ttlMs;
    if ((await store.set(scope, first, { text, expiresAt })) === 'full') throw full(scope, first);
  }
  context.record({ kind: 'log', text: describe(method, args) });
  return null;
}

function textOf(given: unknown): string {
  try {
    return JSON.stringify(given);
  } catch (cause) {
    throw new OssiaError('arguments_invalid', 'kv.set: the value is nested too deep.', { cause });
  }
}

function full({ nas, plugin }: KvScope, first: string): OssiaError {
  const most = `${kvLimits.keys} keys and ${kvLimits.bytes / 1024 ** 2} MB`;
  const remedy = 'delete what is old, or set it with a ttlMs';
  return new OssiaError('kv_full', `There is no room for ${first}: ${plugin} may keep ${most} of ${nas}; ${remedy}.`);
}

function describe(method: string, [first, given, options]: readonly unknown[]): string {
  const rest = method === 'set' ? [textOf(given), options === undefined ? '' : JSON.stringify(options)] : [];
  return [method, first, ...rest].filter((word) => word !== undefined && word !== '').join(' ');
}

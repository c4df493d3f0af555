// What plugins that only look on have seen, hook by hook, over restarts: counts, and the last differences of each NAS.
import { z } from 'zod';
import { toOssiaError } from '../errors.ts';
import type { KvScope, KvStore } from '../model/kv.ts';
import { kvLimits } from '../model/kv.ts';
import type { Nas } from './nas.ts';
import { type ShadowResult, type ShadowRun, shadowResults } from './shadow-run.ts';

export interface ShadowBook {
  add(run: ShadowRun): void;
  /** Of those that have a plugin looking on. Never rejects. */
  reports(all: readonly Nas[]): Promise<readonly ShadowReport[]>;
  /** Resolves when all is kept. */
  close(): Promise<void>;
}

export interface ShadowReport {
  readonly nas: Nas;
  /** Milliseconds since 1970; null: nothing was compared yet. */
  readonly since: number | null;
  readonly hooks: readonly (HookCounts & { readonly hook: string })[];
  /** The last ones, the newest first. */
  readonly differences: readonly Difference[];
}

interface BookInput {
  readonly kv: KvStore;
  onRun(run: { readonly nas: string; readonly hook: string; readonly result: ShadowResult }): void;
  readonly log: { warn(fields: object, message: string): void };
}

const counts = z.strictObject({ agree: z.int(), differ: z.int(), unclear: z.int(), lastAt: z.int() });
const difference = z.strictObject({
  at: z.int(),
  hook: z.string(),
  userId: z.string(),
  login: z.string(),
  jobId: z.string(),
  result: z.enum(shadowResults),
  reason: z.string(),
  left: z.array(z.string()),
  before: z.array(z.string()).nullable(),
});
const pageSchema = z.strictObject({
  version: z.string(),
  since: z.int(),
  hooks: z.record(z.string(), counts),
  differences: z.array(difference),
});
export type HookCounts = z.output<typeof counts>;
export type Difference = z.output<typeof difference>;
type Page = z.output<typeof pageSchema>;

const key = 'seen';
/** Beside what plugins keep; no plugin can have this name. */
const scopeOf = (nas: string): KvScope => ({ nas, plugin: '(shadow)' });
/** Counts of a busy box are one write. */
const gatherMs = 1000;
const mostDifferences = 50;
const mostLines = 10;
const longest = 300;

export function createShadowBook({ kv, onRun, log }: BookInput): ShadowBook {
  const pages = new Map<string, Promise<{ page: Page | null }>>();
  const timers = new Map<string, NodeJS.Timeout>();
  const saving = new Set<Promise<void>>();

  function pageOf(nas: string): Promise<{ page: Page | null }> {
    const there = pages.get(nas) ?? read(nas);
    pages.set(nas, there);
    return there;
  }

  async function read(nas: string): Promise<{ page: Page | null }> {
    try {
      const text = await kv.get(scopeOf(nas), key);
      return { page: text === undefined ? null : pageSchema.parse(JSON.parse(text)) };
    } catch (error) {
      log.warn({ nas }, `what its shadow has seen is not used: ${toOssiaError(error).message}`);
      return { page: null };
    }
  }

  async function note(run: ShadowRun): Promise<void> {
    const held = await pageOf(run.nas);
    if (held.page?.version !== run.version)
      held.page = { version: run.version, since: run.at, hooks: {}, differences: [] };
    const { page } = held;
    const so = page.hooks[run.hook] ?? { agree: 0, differ: 0, unclear: 0, lastAt: 0 };
    page.hooks[run.hook] = { ...so, [run.result]: so[run.result] + 1, lastAt: run.at };
    if (run.result !== 'agree') page.differences = [differenceOf(run), ...page.differences].slice(0, mostDifferences);
    later(run.nas);
  }

  function later(nas: string): void {
    if (timers.has(nas)) return;
    timers.set(nas, setTimeout(save, gatherMs, nas));
  }

  function save(nas: string): void {
    clearTimeout(timers.get(nas));
    timers.delete(nas);
    const kept = write(nas).catch((error) => {
      log.warn({ nas }, `what its shadow has seen is not kept: ${toOssiaError(error).message}`);
    });
    const done = kept.finally(() => saving.delete(done));
    saving.add(done);
  }

  async function write(nas: string): Promise<void> {
    const { page } = await pageOf(nas);
    if (page === null) return;
    let text = JSON.stringify(page);
    for (let most = page.differences.length; Buffer.byteLength(text) > kvLimits.valueBytes; most = most >> 1)
      text = JSON.stringify({ ...page, differences: page.differences.slice(0, most >> 1) });
    await kv.set(scopeOf(nas), key, { text, expiresAt: null });
  }

  async function reportOf(nas: Nas): Promise<ShadowReport> {
    const { page } = await pageOf(nas.name);
    if (page === null || page.version !== nas.shadow?.version) return { nas, since: null, hooks: [], differences: [] };
    const hooks = Object.entries(page.hooks).map(([hook, of]) => ({ hook, ...of }));
    hooks.sort((one, other) => (one.hook < other.hook ? -1 : 1));
    return { nas, since: page.since, hooks, differences: page.differences };
  }

  return {
    add(run) {
      const { nas, hook, result } = run;
      onRun({ nas, hook, result });
      void note(run);
    },
    reports: (all) => Promise.all(all.filter(({ shadow }) => shadow !== undefined).map(reportOf)),
    async close() {
      for (const nas of [...timers.keys()]) save(nas);
      await Promise.all(saving);
    },
  };
}

function differenceOf(run: ShadowRun): Difference {
  const short = (text: string) => (text.length > longest ? `${text.slice(0, longest)}...` : text);
  const some = (texts: readonly string[]) => texts.slice(0, mostLines).map(short);
  const { at, hook, account, jobId, result, reason, left, before } = run;
  const who = { userId: short(account['user_id'] ?? ''), login: short(account['login'] ?? '') };
  return { at, hook, ...who, jobId, result, reason: short(reason), left: some(left), before: before && some(before) };
}

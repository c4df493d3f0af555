// The worker process: takes lines from the host, enters isolates, answers in lines; one thread, no waiting but for the host.
import { readSync, writeSync } from 'node:fs';
import type IsolatedVm from 'isolated-vm';
import { createLineBuffer } from '../line-buffer.ts';
import type { ToGuest } from '../to-guest.ts';
import type { GuestUsage, ToHost } from '../to-host.ts';
import { openIsolate, type WorkerIsolate } from './isolate.ts';

type Ivm = typeof IsolatedVm;

const host = 3;
const flushAfterMs = 10;
const flushAfterLines = 500;
/** So many messages at once can be dealt with one by one, each told before the next: it costs nothing where little is to do. */
const fewLines = 4;
const linesAtOnce = 16;

function serve(): never {
  // The buffer is the host's to bound: it made every line.
  const lines = createLineBuffer(() => Number.POSITIVE_INFINITY);
  const isolates = new Map<number, WorkerIsolate>();
  let engine: { ivm: Ivm; prelude: string } | null = null;
  let outbox: string[] = [];
  let flushedAt = performance.now();
  let handled = 0;
  let ahead = 1;

  function say(message: ToHost): void {
    outbox.push(JSON.stringify(message));
    if (outbox.length >= flushAfterLines) flush();
  }

  function flush(): void {
    flushedAt = performance.now();
    if (outbox.length === 0 && handled === 0) return;
    outbox.push(JSON.stringify({ type: 'handled', count: handled, ahead } satisfies ToHost));
    handled = 0;
    const text = `${outbox.join('\n')}\n`;
    outbox = [];
    // As a text it goes in one step; only what is long is taken bit by bit.
    let sent = writeSync(host, text);
    if (sent === Buffer.byteLength(text)) return;
    for (const bytes = Buffer.from(text); sent < bytes.length; ) sent += writeSync(host, bytes, sent);
  }

  function drop(guest: number): void {
    isolates.get(guest)?.dispose();
    isolates.delete(guest);
  }

  /** Of those that did something; looking at the heap of each would cost more than most of them do. */
  function takeUsage(): GuestUsage[] {
    return [...isolates].flatMap(([guest, isolate]) => {
      const cpuMs = isolate.takeCpuMs();
      return cpuMs > 0 ? [{ guest, cpuMs, longMs: isolate.takeLongMs(), heapBytes: isolate.heapBytes() }] : [];
    });
  }

  function load(message: ToGuest & { type: 'load' }): void {
    if (!engine) throw new Error('A program came before the start message.');
    const { guest } = message;
    const opened = openIsolate({ ...engine, ...message, say });
    if (!opened.ok && opened.starved) {
      say({ type: 'fault', guest, run: 0, fault: 'starved' });
      return;
    }
    if (!opened.ok) {
      say({ type: 'rejected', guest, message: opened.message, stack: opened.stack });
      return;
    }
    isolates.set(guest, opened.isolate);
    say({ type: 'loaded', guest, hooks: opened.hooks, besides: opened.besides });
  }

  function handle(message: ToGuest): void {
    if (message.type === 'start') {
      const addon: { exports: { ivm?: Ivm } } = { exports: {} };
      process.dlopen(addon, message.addon);
      if (!addon.exports.ivm) throw new Error('The addon offers no engine.');
      engine = { ivm: addon.exports.ivm, prelude: message.prelude };
      say({ type: 'ready', versions: `node ${process.versions.node}, v8 ${process.versions.v8}` });
      return;
    }
    if (message.type === 'ping') {
      say({ type: 'pong', id: message.id, usage: takeUsage() });
      return;
    }
    if (message.type === 'load') load(message);
    else if (message.type === 'unload') drop(message.guest);
    else enter(message);
  }

  function enter(message: ToGuest & { type: 'run' | 'answer' | 'abandon' }): void {
    const { guest, run } = message;
    const fault = isolates.get(guest)?.enter(message);
    if (!fault) return;
    drop(guest);
    say({ type: 'fault', guest, run, fault });
  }

  const chunk = Buffer.allocUnsafe(256 * 1024);
  for (;;) {
    const size = readSync(host, chunk, 0, chunk.length, null);
    // The host is gone. A plain exit could wait for the engine's threads, and the first process of a namespace cannot kill itself.
    if (size === 0) process.abort();
    const found = lines.push(chunk.subarray(0, size)) ?? [];
    const atOnce = found.length > fewLines ? linesAtOnce : 1;
    found.forEach((line, index) => {
      handle(JSON.parse(line));
      handled += 1;
      ahead = atOnce;
      if (index % atOnce === 0 || performance.now() - flushedAt > flushAfterMs) flush();
    });
    ahead = 1;
    flush();
  }
}

serve();

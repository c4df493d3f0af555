// One worker process seen from the host: started with nothing, talked to in lines, killed when it hangs, swells or talks nonsense.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { limits } from './limits.ts';
import { createLineBuffer } from './line-buffer.ts';
import { parseToHost } from './parse-to-host.ts';
import type { ToGuest } from './to-guest.ts';
import type { GuestUsage, ToHost } from './to-host.ts';
import type { Launch } from './walls-layers.ts';
import { silent, watchWorker } from './watch-worker.ts';
import type { WorkerCode } from './worker-code.ts';

/** In a worker's end: `suspect`: it was, or may have been, served then; `bystander`: it was not; `unknown`: that does not say. */
export type Part = 'suspect' | 'bystander' | 'unknown';

/** Whoever holds an isolate in the worker. */
export interface Tenant {
  /** False: it belongs to nothing that there is. */
  receive(message: ToHost): boolean;
  used(usage: GuestUsage): void;
  lost(why: string, part: Part): void;
  /** CPU milliseconds that it may take now without the worker saying a word. */
  sliceMs(): number;
  maxMessageBytes(): number;
}

export interface WorkerProcess {
  readonly pid: number;
  /** Rejects when the process ends before it can serve. */
  readonly ready: Promise<void>;
  readonly tenants: ReadonlyMap<number, Tenant>;
  /** Resolves, with the reason, once the process has ended. */
  readonly ended: Promise<string>;
  isAlive(): boolean;
  attach(guest: number, tenant: Tenant): void;
  detach(guest: number): void;
  send(message: ToGuest): void;
  kill(why: string): void;
}

interface StartInput {
  readonly code: WorkerCode;
  readonly launch: Launch;
  readonly memoryMb: number;
  readonly onEnd: (words: string) => void;
}

const killed = diedOf('SIGKILL');
const brokenPipeMs = 100;

const flags = [
  '--jitless',
  '--no-node-snapshot',
  '--permission',
  '--allow-addons',
  '--no-warnings',
  '--disallow-code-generation-from-strings',
];

/** The program comes by standard input, so that the process needs to read no file at all but the addon, which the system loads. */
export const workerLaunch: Launch = { command: process.execPath, args: [...flags, '-'] };

export function startWorker(input: StartInput): WorkerProcess {
  const child = spawnChild(input.launch);
  return child instanceof Error ? unborn(child, input) : talkTo(child, input);
}

/** Without memory for it Node throws, without descriptors it gives a child that has no pipes. */
function spawnChild({ command, args }: Launch): ChildProcess | Error {
  try {
    // In a session of its own, a Ctrl-C in the terminal is left to the daemon.
    const child = spawn(command, args, {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    if (child.stdio?.[3]) return child;
    child.on('error', () => {});
    return new Error('there are no file descriptors for its pipes');
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

/** Like one that ended at once: another try comes after a pause. */
function unborn(cause: Error, { onEnd }: StartInput): WorkerProcess {
  const reason = `it could not be started: ${cause.message}`;
  onEnd(`sandbox worker: ${reason}`);
  const ready = Promise.reject(new Error(reason));
  ready.catch(() => {});
  return {
    pid: 0,
    ready,
    tenants: new Map(),
    ended: Promise.resolve(reason),
    isAlive: () => false,
    attach: (_guest, tenant) => queueMicrotask(() => tenant.lost(reason, 'bystander')),
    detach() {},
    send() {},
    kill() {},
  };
}

function talkTo(child: ChildProcess, { code, memoryMb, onEnd }: StartInput): WorkerProcess {
  const pipe = child.stdio[3] as Duplex;
  const tenants = new Map<number, Tenant>();
  let alive = true;
  let why = '';
  let said = '';
  let outbox: string[] = [];
  let unacknowledged: number[] = [];
  let ahead = 1;
  let brokePipe = false;
  let isReady = false;
  let strays = 0;
  let peakTenants = 0;
  let whenReady: () => void = () => {};
  let whenNotReady: (error: Error) => void = () => {};

  const ready = new Promise<void>((resolve, reject) => {
    whenReady = resolve;
    whenNotReady = reject;
  });
  ready.catch(() => {});

  function flush(): void {
    if (outbox.length === 0 || !alive) return;
    const text = `${outbox.join('\n')}\n`;
    outbox = [];
    pipe.write(text);
  }

  function send(message: ToGuest): void {
    if (!alive) return;
    // At once while the worker has little to do; else as many as come in one turn go in one write.
    if (outbox.length === 0) unacknowledged.length < limits.fewMessages ? process.nextTick(flush) : setImmediate(flush);
    outbox.push(JSON.stringify(message));
    unacknowledged.push('guest' in message ? message.guest : -1);
  }

  function kill(reason: string): void {
    if (!alive) return;
    why ||= reason;
    child.kill('SIGKILL');
  }

  function take(message: ToHost): void {
    if (!isTaken(message)) strays += 1;
    if (strays > limits.strays) kill('it floods the host with messages that belong to nothing');
  }

  function isTaken(message: ToHost): boolean {
    if (message.type === 'handled') {
      unacknowledged = unacknowledged.slice(message.count);
      ahead = message.ahead;
      return message.count > 0;
    }
    if (message.type === 'ready') {
      const isFirst = !isReady;
      isReady = true;
      whenReady();
      return isFirst;
    }
    if (message.type === 'pong') {
      if (!watch.answered(message.id)) return false;
      strays = 0;
      for (const usage of message.usage) tenants.get(usage.guest)?.used(usage);
      return true;
    }
    return tenants.get(message.guest)?.receive(message) ?? false;
  }

  const lines = createLineBuffer(() =>
    Math.max(64 * 1024, ...[...tenants.values()].map((tenant) => tenant.maxMessageBytes())),
  );
  pipe.on('data', (chunk: Buffer) => {
    watch.heard();
    const found = lines.push(chunk);
    if (!found) return kill('it sent a message that is too long');
    for (const line of found) {
      const message = parseToHost(line);
      if (!message) return kill('it sent a message that is not of the protocol');
      take(message);
      if (why) return;
    }
  });
  pipe.on('error', () => {
    // Mostly it has just died, and how says more.
    brokePipe = true;
    setTimeout(() => child.kill('SIGKILL'), brokenPipeMs).unref();
  });
  child.stdin?.on('error', () => kill('it did not take its program'));
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });

  const watch = watchWorker({
    pid: child.pid ?? 0,
    memoryMb() {
      // Isolates that the host has given up are still there until the worker gets to it.
      peakTenants = Math.max(tenants.size, Math.floor(peakTenants * 0.95));
      return memoryMb + peakTenants * limits.isolateMb;
    },
    sliceMs: () => Math.max(0, ...[...tenants.values()].map((tenant) => tenant.sliceMs())),
    isReady: () => isReady,
    ping: (id) => send({ type: 'ping', id }),
    kill,
  });
  const notStarted = setTimeout(() => kill('it did not start in time'), limits.startMs);
  ready.then(
    () => clearTimeout(notStarted),
    () => clearTimeout(notStarted),
  );

  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      if (!alive) return;
      alive = false;
      watch.stop();
      const reason = why || reasonOf(brokePipe && how === killed ? 'its pipe broke' : how, said);
      onEnd(`sandbox worker ${child.pid ?? '-'} ended: ${reason}${said && `; it said: ${lastWords(said)}`}`);
      whenNotReady(new Error(`${reason}; ${lastWords(said)}`));
      pipe.destroy();
      const suspects = new Set(unacknowledged.slice(0, ahead));
      // What it was killed for may have begun long before.
      const isTelling = (why === '' || why === silent) && [...suspects].some((guest) => tenants.has(guest));
      const partOf = (guest: number): Part => {
        if (!isReady) return 'bystander';
        if (suspects.has(guest)) return 'suspect';
        return isTelling ? 'bystander' : 'unknown';
      };
      const left = [...tenants];
      tenants.clear();
      for (const [guest, tenant] of left) tenant.lost(reason, partOf(guest));
      resolve(reason);
    };
    child.on('error', (error) => end(error.message));
    child.on('exit', (status, signal) => end(signal ? diedOf(signal) : `it exited with ${status}`));
  });

  child.stdin?.end(code.worker);
  send({ type: 'start', addon: code.addon, prelude: code.prelude });

  return {
    pid: child.pid ?? 0,
    ready,
    tenants,
    ended,
    isAlive: () => alive && !why && !brokePipe,
    attach(guest, tenant) {
      peakTenants = Math.max(peakTenants, tenants.size + 1);
      if (alive) tenants.set(guest, tenant);
      else queueMicrotask(() => tenant.lost(why || 'it is being replaced', 'bystander'));
    },
    detach: (guest) => tenants.delete(guest),
    send,
    kill,
  };
}

function diedOf(signal: NodeJS.Signals): string {
  return `it died of ${signal}`;
}

/** Of what V8 prints when it gives up, the part that an operator can use. */
function reasonOf(how: string, said: string): string {
  return /Last few GCs|out of memory/i.test(said) ? `it ran out of memory (${how})` : how;
}

function lastWords(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 3).join(' | ').slice(0, 300);
}

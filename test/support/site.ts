// A provider's site on one machine: a folder with settings and profiles, and the real daemon as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';

const root = new URL('../..', import.meta.url).pathname;
export const nodeBin = join(root, 'node_modules/.bin/node');

export interface Site {
  readonly directory: string;
  /** Writes a profile as an editor does: beside it, then renamed over it. */
  profile(name: string, content: Readonly<Record<string, unknown>>): void;
  /** Keeps a secret in a file and gives the reference to it. */
  secret(name: string, value: string): string;
  removeProfile(name: string): void;
  start(env?: Readonly<Record<string, string>>): Promise<DaemonProcess>;
  /** Kills what still runs and removes the folder. */
  close(): Promise<void>;
}

export interface DaemonProcess {
  readonly pid: number;
  readonly accountingPort: number;
  readonly url: string;
  /** Log lines so far, as objects. */
  readonly log: readonly Record<string, unknown>[];
  /** One request on the unix socket. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  fire(...events: readonly unknown[]): Promise<unknown>;
  cli(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** Resolves with the exit code. */
  signal(name: NodeJS.Signals): Promise<number | null>;
}

export function createSite(settings: Readonly<Record<string, unknown>> = {}): Site {
  const directory = mkdtempSync(join(tmpdir(), 'ossia-site-'));
  const config = join(directory, 'ossia.yaml');
  const profiles = join(directory, 'nas-profiles');
  mkdirSync(profiles);
  const defaults = {
    data: join(directory, 'data'),
    profiles,
    plugins: join(root, 'plugins'),
    http: { host: '127.0.0.1', port: 0 },
    accounting: { host: '127.0.0.1', port: 0 },
  };
  writeFileSync(config, stringify({ ...defaults, ...settings }));
  const running = new Set<ChildProcess>();

  return {
    directory,
    profile(name, content) {
      const file = join(profiles, `${name}.yaml`);
      writeFileSync(`${file}~`, stringify(content));
      renameSync(`${file}~`, file);
    },
    secret(name, value) {
      const file = join(directory, `secret-${name}`);
      writeFileSync(file, value, { mode: 0o600 });
      return `\${file:${file}}`;
    },
    removeProfile: (name) => rmSync(join(profiles, `${name}.yaml`)),
    async start(env = {}) {
      const child = spawn(nodeBin, [join(root, 'core/main.ts'), 'start', '--config', config], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] ?? '', ...env },
      });
      running.add(child);
      child.once('exit', () => running.delete(child));
      return daemonOf(child, config);
    },
    async close() {
      await Promise.all([...running].map((child) => ended(child, () => child.kill('SIGKILL'))));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function daemonOf(child: ChildProcess, config: string): Promise<DaemonProcess> {
  const log: Record<string, unknown>[] = [];
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the daemon was not ready in 30 s: ${errors}${JSON.stringify(log)}`));
    }, 30_000);
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (text) => {
      const line = JSON.parse(text);
      log.push(line);
      if (line.msg !== 'ready') return;
      clearTimeout(late);
      resolve(line);
    });
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the daemon ended with ${code}: ${errors}`));
    });
  });
  const socketPath = String(ready['socket']);
  const call: DaemonProcess['call'] = (method, path, body) => callSocket({ socketPath, method, path, body });
  return {
    pid: child.pid ?? 0,
    accountingPort: Number(ready['accounting']),
    url: String(ready['http']),
    log,
    call,
    async fire(...events) {
      return (await call('POST', '/v1/events', events)).body;
    },
    cli: (...words) => runCli([...words, '--config', config]),
    signal: (name) => ended(child, () => child.kill(name)),
  };
}

function ended(child: ChildProcess, act: () => void): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  act();
  return exit;
}

interface SocketCall {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

function callSocket({ socketPath, method, path, body }: SocketCall): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request({ socketPath, method, path, headers: body === undefined ? {} : headers, timeout: 20_000 });
    call.on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      const json = /json/.test(response.headers['content-type'] ?? '');
      resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : text });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer to ${method} ${path}`)));
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function runCli(words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(nodeBin, [join(root, 'core/main.ts'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
  });
}

/** Resident bytes of a process. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

// The doors: the unix socket's file, ports that are taken, and closing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApi } from '#core/api/server.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { memoryWorld } from './memory-world.ts';
import { drop, plainRequest, runningApi } from './running-api.ts';

const start = (socket: string | null, port = 0) =>
  startApi({ host: '127.0.0.1', port, socket, tokens: [] }, memoryWorld().deps);

test('the unix socket is for owner and group only, and is gone after closing', async () => {
  const { api, socket } = await runningApi();
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  expect((await plainRequest({ socketPath: socket, path: '/healthz' })).status).toBe(200);
  await api.close();
  expect(existsSync(socket)).toBe(false);
});

test('the socket file of a daemon that was killed is taken over', async () => {
  const socket = join(tempDir(), 'ossia.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  expect(existsSync(socket)).toBe(true);
  const api = await start(socket);
  onTestFinished(() => api.close(0));
  expect((await plainRequest({ socketPath: socket, path: '/healthz' })).status).toBe(200);
});

test('the socket of a living daemon is an error that says so, and the daemon keeps it', async () => {
  const { socket } = await runningApi();
  await expect(start(socket)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(socket) });
  expect((await plainRequest({ socketPath: socket, path: '/healthz' })).status).toBe(200);
});

test('a file that is not a socket is left alone', async () => {
  const socket = join(tempDir(), 'ossia.sock');
  writeFileSync(socket, 'mine');
  await expect(start(socket)).rejects.toMatchObject({ code: 'config_invalid' });
  expect(statSync(socket).size).toBe(4);
});

test('a socket path that the kernel would cut is refused with the limit', async () => {
  await expect(start(join(tempDir(), 'x'.repeat(120)))).rejects.toMatchObject({
    message: expect.stringContaining('107'),
  });
});

test('a port that is taken is one clear error, and nothing stays open', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const socket = join(tempDir(), 'ossia.sock');
  await expect(start(socket, port)).rejects.toMatchObject({
    code: 'config_invalid',
    message: `Cannot listen on http://127.0.0.1:${port}: something else is listening there already; stop it, or set another http.host or http.port.`,
  });
  expect(existsSync(socket)).toBe(false);
});

test('closing lets a running request end and takes no new connection', async () => {
  const running = await runningApi();
  let letGo: () => void = () => undefined;
  let began = false;
  running.world.beforeSubmit = () => {
    began = true;
    return new Promise((resolve) => {
      letGo = resolve;
    });
  };
  const answer = running.send(drop());
  await until(() => began);
  const closed = running.api.close();
  await until(() =>
    plainRequest({ port: running.api.port, path: '/healthz' }).then(
      () => false,
      () => true,
    ),
  );
  letGo();
  expect((await answer).status).toBe(202);
  await closed;
});

test('closing cuts a request that does not end', async () => {
  const running = await runningApi();
  let began = false;
  running.world.beforeSubmit = () => {
    began = true;
    return new Promise(() => undefined);
  };
  const answer = running.send(drop()).catch((error: unknown) => error);
  await until(() => began);
  await running.api.close(100);
  expect(await answer).toBeInstanceOf(Error);
});

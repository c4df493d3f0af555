// A real telnetd on loopback, one process a connection as inetd starts it, with a program in place of the login.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '#test/support/temp-dir.ts';

export interface TelnetPeer {
  readonly port: number;
  connections(): number;
  close(): Promise<void>;
}

/** `command` is run by each connection on a terminal of its own. */
export async function startTelnetd(command: readonly string[]): Promise<TelnetPeer> {
  // What telnetd executes is one file's name.
  const program = join(tempDir(), 'program');
  await writeFile(program, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')}\n`);
  await chmod(program, 0o755);
  const children = new Set<ChildProcess>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn('/usr/sbin/telnetd', ['-h', '-E', program], { stdio: [socket, socket, 'ignore'] });
    children.add(child);
    child.on('exit', () => children.delete(child));
    child.on('error', (error) => server.emit('error', error));
    // The child has its own copy; ours would keep the connection open.
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('telnetd has no port.');
  return {
    port: bound.port,
    connections: () => children.size,
    async close() {
      for (const child of children) {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      }
      server.close();
      await once(server, 'close');
    },
  };
}

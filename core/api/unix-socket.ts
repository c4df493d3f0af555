// Clears the way for our unix socket: a dead daemon's file is removed, a living daemon's is an error that says so.
import { lstat, mkdir, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { OssiaError } from '../errors.ts';

const answerMs = 1_000;
/** Linux `sockaddr_un.sun_path`, its closing zero not counted. */
const longestPath = 107;

export async function claimSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath)
    throw new OssiaError('config_invalid', `The path of the unix socket is longer than ${longestPath} bytes: ${path}`);
  await mkdir(dirname(path), { recursive: true });
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return;
  if (!stat.isSocket())
    throw new OssiaError('config_invalid', `${path} is there and is not a socket; it is left alone.`);
  if (await isAlive(path))
    throw new OssiaError('conflict', `Another daemon is listening on ${path}; stop it first or set another socket.`);
  await unlink(path).catch(() => undefined);
}

/** Only a refused connection proves that nobody is behind the file. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(answerMs, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

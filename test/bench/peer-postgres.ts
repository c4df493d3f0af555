// A PostgreSQL cluster of the bench's own, in a scratch directory: its defaults, so that a commit is on the disk.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPeerProcess } from '#test/support/process.ts';
import { type Guard, startGuard } from './peer-guard.ts';

const run = promisify(execFile);
const packages = '/usr/lib/postgresql';
const role = 'radius';

export interface PostgresCluster {
  readonly host: string;
  readonly port: number;
  readonly role: string;
  readonly password: string;
  readonly database: string;
  /** Rows as lines, fields separated by `|`. */
  query(sql: string): Promise<string>;
  runFile(path: string): Promise<void>;
  close(): Promise<void>;
}

/** The programs of the newest version that the packages hold; undefined when there is none. */
export function postgresPrograms(): string | undefined {
  try {
    const versions = readdirSync(packages).filter((name) => /^\d+$/.test(name));
    const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
    return newest === undefined ? undefined : join(packages, newest, 'bin');
  } catch {
    return undefined;
  }
}

export async function startPostgres(programs: string): Promise<PostgresCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'ossia-postgres-'));
  const guard = startGuard(dir);
  try {
    const cluster = await startIn({ dir, programs, guard });
    return {
      ...cluster,
      async close() {
        await cluster.close();
        await rm(dir, { recursive: true, force: true });
        await guard.release();
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    await guard.release();
    throw error;
  }
}

interface Place {
  readonly dir: string;
  readonly programs: string;
  readonly guard: Guard;
}

async function startIn({ dir, programs, guard }: Place): Promise<PostgresCluster> {
  const data = join(dir, 'data');
  const passwordFile = join(dir, 'password');
  const password = randomBytes(18).toString('base64url');
  const port = await freeTcpPort();
  await writeFile(passwordFile, password, { mode: 0o600 });
  await chmod(dir, 0o700);
  // The server refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups'] : [];
  if (asUser.length > 0) await run('chown', ['-R', 'postgres:postgres', dir], { timeout: 5_000 });

  const trust = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
  const layout = ['-D', data, '-U', role, '-E', 'UTF8', '--locale=C.UTF-8'];
  await run('setpriv', [...asUser, join(programs, 'initdb'), ...layout, ...trust], { cwd: dir, timeout: 60_000 });
  const settings = ['-p', `${port}`, '-k', dir, '-c', 'listen_addresses=127.0.0.1'];
  const server = await startPeerProcess({
    command: 'setpriv',
    args: [...asUser, join(programs, 'postgres'), '-D', data, ...settings],
    ready: /database system is ready to accept connections/,
    timeoutMs: 30_000,
  });
  guard.watch(server.pid);

  async function psql(args: readonly string[]): Promise<string> {
    const line = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', dir, '-p', `${port}`, '-U', role];
    const { stdout } = await run(join(programs, 'psql'), [...line, '-d', role, ...args], { timeout: 30_000 });
    return stdout.trim();
  }
  async function close(): Promise<void> {
    // At once, without a last checkpoint: nobody reads these files again.
    process.kill(server.pid, 'SIGQUIT');
    await server.close();
  }

  try {
    await psql(['-d', 'postgres', '-c', `CREATE DATABASE ${role}`]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    host: '127.0.0.1',
    port,
    role,
    password,
    database: role,
    query: (sql) => psql(['-c', sql]),
    runFile: async (path) => void (await psql(['-f', path])),
    close,
  };
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('a TCP socket without a port');
  return address.port;
}

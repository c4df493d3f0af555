// The SSH side of a simulated box: one user, a password, a host key of its own, commands but no shell.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { ParsedKey, Session } from 'ssh2';
import ssh2 from 'ssh2';
import { fingerprintOf } from '../transport/ssh/host-key.ts';
import { wholeGreeting } from '../transport/ssh/whole-greeting.ts';

export interface SshCommand {
  readonly command: string;
  readonly stdin: string;
}

export interface SshOutput {
  readonly exitCode: number;
  /** Bytes where a box prints what is no text. */
  readonly stdout: string | Uint8Array;
  readonly stderr: string;
}

export interface SshServer {
  readonly port: number;
  readonly fingerprint: string;
  close(): Promise<void>;
}

interface SshServerOptions {
  readonly user: string;
  readonly password: string;
  run(command: SshCommand): SshOutput;
}

export function startSshServer({ run, ...login }: SshServerOptions): Promise<SshServer> {
  return listenSsh({ ...login, serve: (session) => serve(session, run) });
}

interface SshListener {
  readonly user: string;
  readonly password: string;
  serve(session: Session): void;
}

/** Who has logged in is served as `serve` does it. */
export async function listenSsh(options: SshListener): Promise<SshServer> {
  const key = makeHostKey();
  const ssh = new ssh2.Server({ hostKeys: [key.text] }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => {
      const isUser = attempt.method === 'password' && attempt.username === options.user;
      if (isUser && isSame(attempt.password, options.password)) attempt.accept();
      else attempt.reject(['password']);
    });
    connection.on('session', (accept) => options.serve(accept()));
  });
  const sockets = new Set<Socket>();
  // A socket server of our own, since that of ssh2 lets each answer wait for the acknowledgement of the one before.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    wholeGreeting(socket);
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    fingerprint: fingerprintOf(key.parsed.getPublicSSH()),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** ssh2 1.17 writes about one key in three hundred so that it cannot read it back. */
function makeHostKey(): { text: string; parsed: ParsedKey } {
  for (;;) {
    const text = ssh2.utils.generateKeyPairSync('ed25519').private;
    const parsed = ssh2.utils.parseKey(text);
    if (!(parsed instanceof Error)) return { text, parsed };
  }
}

function serve(session: Session, run: SshServerOptions['run']): void {
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    const stdin: Buffer[] = [];
    channel.on('error', () => undefined);
    channel.on('data', (chunk: Buffer) => stdin.push(chunk));
    channel.on('end', () => {
      // Who asked has gone: nobody reads the answer.
      if (!channel.writable) return;
      const { exitCode, stdout, stderr } = run({ command, stdin: Buffer.concat(stdin).toString('utf8') });
      channel.stderr.write(stderr);
      channel.write(stdout);
      channel.exit(exitCode);
      channel.end();
    });
  });
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

// One SSH connection from its first packet to its end; whatever ends it, it says so once, as an OssiaError.
import { connect as connectTcp } from 'node:net';
import type { Client, ConnectConfig } from 'ssh2';
import ssh2 from 'ssh2';
import { OssiaError } from '../../errors.ts';
import { legacyAlgorithms } from './algorithms.ts';
import type { SshConfig } from './config.ts';
import { hostKeyProblem } from './host-key.ts';
import { failureOf } from './link-failure.ts';
import { wholeGreeting } from './whole-greeting.ts';

export interface Link {
  readonly client: Client;
  /** Settles once: the box took our credentials, or why it did not come to that. */
  readonly ready: Promise<void>;
  /** Aborted when the connection is gone; its reason is the OssiaError. */
  readonly lost: AbortSignal;
  close(reason: OssiaError): void;
}

export function openLink(config: SshConfig): Link {
  const { host, port } = config;
  const lost = new AbortController();
  const client = new ssh2.Client();
  const socket = connectTcp({ host, port, noDelay: true });
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  ready.catch(() => undefined);
  let isReady = false;
  let identity: OssiaError | null = null;

  function end(error: OssiaError): void {
    if (lost.signal.aborted) return;
    lost.abort(error);
    reject(error);
    if (isReady) client.end();
    else socket.destroy();
    // A box that does not close its side would keep the socket for ever.
    const hard = setTimeout(() => socket.destroy(), 1_000);
    hard.unref();
    socket.once('close', () => clearTimeout(hard));
  }

  // For the client's whole life: one failed connect may emit two errors, and a second without a listener ends the process.
  client.on('error', (cause) => end(identity ?? failureOf({ config, cause, isReady })));
  client.on('close', () => end(identity ?? closedBy(config, isReady)));
  client.on('end', () => end(identity ?? closedBy(config, isReady)));
  client.on('ready', () => {
    isReady = true;
    resolve();
  });
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
    finish(prompts.map(() => config.password ?? '')),
  );
  wholeGreeting(socket);
  try {
    client.connect({
      ...connectOptions(config),
      sock: socket,
      hostVerifier: (key: Buffer, verify: (isValid: boolean) => void) => {
        void hostKeyProblem({ policy: config.host_key, host, port }, key).then((problem) => {
          identity = problem;
          verify(problem === null);
        });
      },
    });
  } catch (cause) {
    end(new OssiaError('nas_auth', `The credentials for ${host}:${port} cannot be used.`, { cause }));
  }
  return { client, ready, lost: lost.signal, close: end };
}

function connectOptions(config: SshConfig): ConnectConfig {
  return {
    username: config.user,
    ...(config.password === undefined ? {} : { password: config.password, tryKeyboard: true }),
    ...(config.private_key === undefined ? {} : { privateKey: config.private_key }),
    ...(config.passphrase === undefined ? {} : { passphrase: config.passphrase }),
    ...(config.legacy ? { algorithms: legacyAlgorithms } : {}),
    readyTimeout: config.connect_timeout,
    keepaliveInterval: config.keepalive,
    keepaliveCountMax: 3,
  };
}

function closedBy({ host, port }: SshConfig, isReady: boolean): OssiaError {
  const when = isReady ? '' : ' before it let us in';
  return new OssiaError('nas_unreachable', `${host}:${port} closed the connection${when}.`);
}

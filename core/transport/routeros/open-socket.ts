// Opens the TCP or TLS connection to a router and makes sure that the router is the one that the profile pins.
import { timingSafeEqual } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { OssiaError } from '../../errors.ts';
import { armDeadline, type Deadline } from './deadline.ts';

export interface RouterAddress {
  readonly host: string;
  readonly port: number;
  /** null for plain TCP. */
  readonly tls: RouterIdentity | null;
}

export interface RouterIdentity {
  /** PEM; without it and without a fingerprint the system's authorities decide. */
  readonly ca?: string | undefined;
  /** SHA-256 of the certificate as 64 hexadecimal digits; enough by itself. */
  readonly fingerprint?: string | undefined;
  /** The name in the certificate when it is not `host`. */
  readonly servername?: string | undefined;
}

export function openSocket(address: RouterAddress, deadline: Deadline): Promise<Socket> {
  const { host, port, tls } = address;
  return new Promise((resolve, reject) => {
    const socket = tls === null ? connectTcp({ host, port }) : connectTls(tlsOptions(host, port, tls));
    const disarm = armDeadline(deadline, (error) => fail(error));
    const onError = (cause: NodeJS.ErrnoException) => fail(connectError(address, cause));
    const onClose = () => fail(new OssiaError('nas_unreachable', `${host}:${port} closed the connection at once.`));
    function fail(error: OssiaError): void {
      disarm();
      socket.destroy();
      reject(error);
    }
    socket.setNoDelay(true);
    // Finds a router that went away without a word while the connection is idle.
    socket.setKeepAlive(true, 15_000);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      const problem = tls === null ? '' : identityProblem(socket as TLSSocket, tls);
      if (problem !== '') {
        fail(new OssiaError('nas_identity', `${host}:${port} is not the router that the profile pins: ${problem}.`));
        return;
      }
      disarm();
      resolve(socket);
    });
  });
}

// Verification is ours, after the handshake and before the first byte: so its failure is told apart from a lost connection.
function tlsOptions(host: string, port: number, identity: RouterIdentity) {
  return {
    host,
    port,
    rejectUnauthorized: false,
    ...(identity.ca === undefined ? {} : { ca: identity.ca }),
    ...(identity.servername === undefined ? {} : { servername: identity.servername }),
  };
}

function identityProblem(socket: TLSSocket, identity: RouterIdentity): string {
  if (identity.fingerprint !== undefined) {
    const pinned = Buffer.from(identity.fingerprint, 'hex');
    const shown = Buffer.from((socket.getPeerCertificate().fingerprint256 ?? '').replaceAll(':', ''), 'hex');
    if (shown.length !== pinned.length || !timingSafeEqual(shown, pinned)) {
      return `its certificate has the SHA-256 fingerprint ${shown.toString('hex') || '(none)'}`;
    }
    if (identity.ca === undefined) return '';
  }
  return socket.authorized ? '' : `its certificate is not valid (${socket.authorizationError})`;
}

function connectError({ host, port }: RouterAddress, cause: NodeJS.ErrnoException): OssiaError {
  const isTls = cause.code?.startsWith('ERR_SSL_') ?? false;
  return isTls
    ? new OssiaError('nas_protocol', `${host}:${port} does not speak TLS as we do (${cause.code}).`, { cause })
    : new OssiaError('nas_unreachable', `No connection to ${host}:${port} (${cause.code ?? cause.message}).`, {
        cause,
      });
}

// A simulated command line over SSH: one user, a password, an interactive shell for each session, a dialog behind each.
import { StringDecoder } from 'node:string_decoder';
import type { Session } from 'ssh2';
import { type CliBox, startCliDialog } from './cli-dialog.ts';
import { listenSsh, type SshServer } from './ssh-server.ts';

export interface CliServerOptions {
  readonly user: string;
  readonly password: string;
  /** The box as one more login meets it; what the logins share stands behind it. */
  login(): CliBox;
}

export function startCliServer({ user, password, login }: CliServerOptions): Promise<SshServer> {
  return listenSsh({ user, password, serve: (session) => serve(session, login) });
}

function serve(session: Session, login: () => CliBox): void {
  session.on('pty', (accept) => accept?.());
  session.on('window-change', (accept) => accept?.());
  session.on('shell', (accept) => {
    const channel = accept();
    const decoder = new StringDecoder('utf8');
    channel.on('error', () => undefined);
    const dialog = startCliDialog(login(), {
      write: (text) => {
        if (channel.writable) channel.write(text);
      },
      hangUp: () => channel.close(),
    });
    channel.on('data', (chunk: Buffer) => dialog.input(decoder.write(chunk)));
    channel.on('end', () => channel.close());
  });
}

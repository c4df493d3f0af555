// radclient, the RADIUS client that FreeRADIUS brings: sends packets as people write them, and says what was answered.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RadclientRun {
  readonly port: number;
  /** One a packet, each a line per attribute: `Acct-Status-Type = Start`. */
  readonly packets: readonly (readonly string[])[];
  readonly command?: 'acct' | 'status';
  readonly secret?: string;
  /** How often a packet is sent at most, a second apart. */
  readonly tries?: number;
}

export interface RadclientResult {
  readonly code: number;
  /** What it printed with `-x`: packets sent and received, with their attributes. */
  readonly output: string;
}

export async function radclient(run: RadclientRun): Promise<RadclientResult> {
  const { port, packets, command = 'acct', secret = 'testing123', tries = 3 } = run;
  const directory = await mkdtemp(join(tmpdir(), 'ossia-radclient-'));
  try {
    const secretFile = join(directory, 'secret');
    const packetFile = join(directory, 'packets');
    await writeFile(secretFile, secret, { mode: 0o600 });
    await writeFile(packetFile, packets.map((lines) => `${lines.join('\n')}\n`).join('\n'));
    const args = ['-x', '-r', String(tries), '-t', '1', '-S', secretFile, '-f', packetFile];
    return await new Promise((resolve) => {
      execFile('radclient', [...args, `127.0.0.1:${port}`, command], { timeout: 20_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 255), output: stdout + stderr }),
      );
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

// Runs a peer's program in the foreground: collects what it prints, waits until it is ready, ends it by its own pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '#test/support/until.ts';

export interface PeerProcess {
  readonly pid: number;
  /** Everything printed so far, stdout and stderr as they came. */
  output(): string;
  close(): Promise<void>;
}

export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Printed when it is ready. */
  readonly ready: RegExp;
  /** A network namespace made by `ip netns add`, to run it in. */
  readonly netns?: string | undefined;
  readonly timeoutMs?: number;
}

export async function startPeerProcess(peer: PeerCommand): Promise<PeerProcess> {
  const line = peer.netns
    ? ['ip', 'netns', 'exec', peer.netns, peer.command, ...peer.args]
    : [peer.command, ...peer.args];
  const child = spawn(line[0] as string, line.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  let failure: Error | undefined;
  child.on('error', (error) => (failure = error));
  const ended = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;

  async function close(): Promise<void> {
    if (ended()) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await exit;
    clearTimeout(hard);
  }

  try {
    await until(() => {
      if (ended()) throw new Error(`${peer.command} ended early: ${failure?.message ?? ''}\n${output.slice(-4_000)}`);
      return peer.ready.test(output);
    }, peer.timeoutMs ?? 15_000);
  } catch (error) {
    await close();
    throw new Error(`${peer.command} did not get ready:\n${output.slice(-4_000)}`, { cause: error });
  }
  return { pid: child.pid as number, output: () => output, close };
}

// Ends a peer and removes its files when the bench itself is interrupted or killed: a shell that waits for our end of a pipe.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Guard {
  /** To be ended with the bench. */
  watch(pid: number): void;
  /** The bench ends everything itself from here on. */
  release(): Promise<void>;
}

const script = `
pids=
while read -r line; do
  [ "$line" = released ] && exit 0
  pids="$pids $line"
done
[ -n "$pids" ] && kill -TERM $pids
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -n "$pids" ] && kill -0 $pids && sleep 0.3
done
[ -n "$pids" ] && kill -KILL $pids
[ -n "$1" ] && rm -rf "$1"
`;

/** Without a directory there is nothing to remove. */
export function startGuard(directory = ''): Guard {
  // Detached: an interrupt from the terminal is not for it.
  const shell = spawn('sh', ['-c', script, 'guard', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exit = once(shell, 'exit');
  shell.stdin.on('error', () => {});
  return {
    watch: (pid) => void shell.stdin.write(`${pid}\n`),
    async release() {
      shell.stdin.end('released\n');
      await exit;
    },
  };
}

// Runs the accounting stage as a process of its own, for a network namespace: options as one JSON line in, what happens as JSON lines out.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startAccountingStage } from '#test/support/accounting-stage.ts';

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const [options] = process.argv.slice(2);
const stage = await startAccountingStage({
  ...JSON.parse(options ?? '{}'),
  onRecord: (record) => say({ record }),
  onTold: (told) => say({ told }),
});
say({ ready: stage.listener.port });
const input = createInterface({ input: process.stdin });
await Promise.race([once(process, 'SIGTERM'), once(input, 'close')]);
await stage.close();
process.exit();

// The box of the bench as a process of its own: prints its port, and the number of answers when it is asked.
import { startCoaBox } from '#test/support/coa-box.ts';

const box = await startCoaBox();
process.stdout.write(`${box.port}\n`);
process.stdin.on('data', () => process.stdout.write(`${box.answered()}\n`));
process.stdin.on('end', () => process.exit());

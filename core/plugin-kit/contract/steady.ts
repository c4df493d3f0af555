// The promise that a hook ensures rather than does: a dry run changes nothing, and a second run changes nothing more.
import type { Promised } from '../contract.ts';
import { diff, isSame } from '../diff.ts';
import { reasonOf } from '../run-case.ts';

export const steady: Promised = {
  name: 'steady',
  promise: 'a dry run changes nothing, and a hook that runs twice leaves what it left the first time',
  trials: (kit) =>
    kit.cases.map(({ hook, name, state, options, account, attempt }) => ({
      hook,
      name,
      async run() {
        const box = await kit.openBox({ state, options });
        const problems: string[] = [];
        try {
          const before = box.state();
          await box.run(hook, account, { dryRun: true, attempt });
          const dry = box.state();
          if (!isSame(before, dry)) problems.push(`a dry run changed the box:\n${diff({ wanted: before, got: dry })}`);

          const first = await box.run(hook, account, { attempt });
          const once = box.state();
          const second = await box.run(hook, account, { attempt: attempt + 1 });
          const twice = box.state();
          if (!isSame(once, twice))
            problems.push(`run twice, it left another state:\n${diff({ wanted: once, got: twice })}`);
          const { type } = second.outcome;
          if (first.outcome.type === 'done' && type !== 'done' && type !== 'gone')
            problems.push(`the first run was done, the second ${type}: ${reasonOf(second.outcome)}`);
          return problems;
        } finally {
          await box.close();
        }
      },
    })),
};

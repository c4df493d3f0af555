// The promise that no hook goes untried: each that the plugin defines has a case, and stands in its README.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Promised } from '../contract.ts';

export const everyHook: Promised = {
  name: 'every-hook',
  promise: 'every hook that the plugin defines has a case, and stands in its README',
  trials: (kit) =>
    kit.hooks.map((hook) => ({
      hook,
      name: 'is tried and told',
      async run() {
        const readme = await readFile(join(kit.folder, 'README.md'), 'utf8').catch(() => '');
        return [
          ...(kit.cases.some((one) => one.hook === hook) ? [] : [`there is no case in cases/${hook}/`]),
          ...(new RegExp(`\\b${hook}\\b`).test(readme) ? [] : [`README.md does not say what ${hook} does`]),
        ];
      },
    })),
};

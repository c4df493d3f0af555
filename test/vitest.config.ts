// How the tests run: everything under test/, real peers included, side by side in separate processes.
import { defineConfig } from 'vitest/config';

const report = process.env['OSSIA_TEST_REPORT'];

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // More than cores: many tests wait for peers, deadlines and boxes that are silent on purpose.
    maxWorkers: 3,
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: report } }),
  },
});

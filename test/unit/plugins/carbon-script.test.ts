// The carbon-script plugin on its folder with an old script, beyond its cases: scripts that never end, fail, or are not there.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { scriptTransport } from '#core/transport/script/script.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { type InProcessOptions, inProcessDevice } from '#test/support/in-process-device.ts';
import { until } from '#test/support/until.ts';
import { meaningOf } from '../../../plugins/carbon-script/exit-code.ts';
import type { CarbonScriptOptions } from '../../../plugins/carbon-script/options.ts';
import plugin from '../../../plugins/carbon-script/plugin.ts';
import { startSimulator } from '../../../plugins/carbon-script/simulator.ts';

const defaults: CarbonScriptOptions = { programs: ['ubin', 'bin'], other_exit_codes: 'refuse' };

async function startFolder(state: unknown, options: InProcessOptions = {}) {
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const called: string[] = [];
  simulator.onExchange(({ received }) => called.push(received));
  const definition = scriptTransport as TransportDefinition;
  const { device, close } = inProcessDevice([{ definition, section: simulator.transports['script'] }], options);
  onTestFinished(close);
  return {
    simulator,
    called,
    async run(hook: string, account: Readonly<Record<string, string>>, given: Partial<CarbonScriptOptions> = {}) {
      const input = {
        account,
        options: { ...defaults, ...given },
        hook,
        attempt: 1,
        token: 'job-1',
        deadline: Date.now() + 10_000,
        dryRun: false,
      };
      try {
        return {
          outcome: 'done',
          value: await plugin.hooks[hook]?.({ ...input, log: () => undefined }, device),
          reason: '',
        };
      } catch (error) {
        const { verdict, code, message } = error as { verdict?: string; code?: string; message: string };
        return {
          outcome: verdict === 'refuse' ? 'refused' : (verdict ?? code ?? 'threw'),
          value: undefined,
          reason: message,
        };
      }
    },
  };
}

const alice = { user_id: '1001', login: 'алиса', ip: '10.1.2.3', nas_ip: '10.0.0.1' };

test("a refusal carries the script's own last words", async () => {
  const { run } = await startFolder({ exit: 3 });
  expect(await run('user_drop', alice)).toMatchObject({
    outcome: 'refused',
    reason: 'The script ended with 3: роутер занят',
  });
});

test('a script that never ends is killed at the deadline, and what it started with it', async () => {
  const { run, simulator } = await startFolder({ hangs: true }, { deadlineMs: 700 });
  expect(await run('user_del', alice)).toMatchObject({ outcome: 'nas_timeout' });
  const { bin } = (simulator.transports['script'] as { programs: { bin: string } }).programs;
  const left = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(bin));
  await until(() => left().length === 0);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

test('without any script the one that is missing is named', async () => {
  const { run, simulator } = await startFolder({});
  await simulator.close();
  expect(await run('user_add', alice)).toMatchObject({
    outcome: 'profile_invalid',
    reason: expect.stringMatching(/\/bin\/session.*ENOENT/),
  });
});

test.each([
  [0, {}, 'done'],
  [254, {}, 'retry'],
  [143, {}, 'retry'],
  [1, {}, 'refuse'],
  [1, { other_exit_codes: 'done' as const }, 'done'],
  [0, { exit_codes: { '0': 'gone' as const } }, 'gone'],
  [254, { exit_codes: { '254': 'refuse' as const } }, 'refuse'],
])('exit code %i with %j means %s', (code, options, meaning) => {
  expect(meaningOf(code, { ...defaults, ...options })).toBe(meaning);
});

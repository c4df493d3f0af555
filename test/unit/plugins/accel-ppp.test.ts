// The accel-ppp plugin on its simulated box, beyond its cases: one section missing, requests at once, lists, the schema of its options.
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import { createKvDefinition } from '#core/plugin-host/kv.ts';
import { createMemoryKv } from '#core/plugin-host/memory-kv.ts';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { allRows, answerOf } from '#test/support/all-rows.ts';
import { type InProcessOptions, inProcessDevice } from '#test/support/in-process-device.ts';
import type { AccelOptions } from '../../../plugins/accel-ppp/options.ts';
import plugin from '../../../plugins/accel-ppp/plugin.ts';
import { startSimulator } from '../../../plugins/accel-ppp/simulator.ts';

const dictionary = await loadDictionary(new URL('../../../nas-profiles/dictionaries', import.meta.url).pathname);
const definitions = {
  coa: createCoaDefinition(dictionary) as TransportDefinition,
  ssh: sshTransport as TransportDefinition,
};

interface BoxOptions extends InProcessOptions {
  readonly with?: readonly ('coa' | 'ssh')[];
}

async function startBox(state: unknown, { with: transports = ['coa', 'ssh'], ...options }: BoxOptions = {}) {
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const taken: string[] = [];
  // What it was asked is not what it was told.
  simulator.onExchange(({ received }) => received.startsWith('show ') || taken.push(received));
  const kv = createKvDefinition({ store: createMemoryKv(), plugin: 'accel-ppp', now: Date.now });
  const { device, close, exchanges } = inProcessDevice(
    [
      { definition: kv, section: {} },
      ...transports.map((name) => ({ definition: definitions[name], section: simulator.transports[name] })),
    ],
    options,
  );
  onTestFinished(close);
  return {
    simulator,
    device,
    taken,
    exchanges,
    async run(
      hook: string,
      { account, options: profileOptions }: { readonly account: Account; readonly options: AccelOptions },
    ) {
      const around = { attempt: 1, token: 'job-1', deadline: Date.now() + 10_000, log: () => undefined };
      const input = { account, options: profileOptions, hook, dryRun: options.dryRun ?? false, ...around };
      try {
        const value: unknown = (await answerOf(plugin.hooks[hook]?.(input, device))) ?? null;
        const { verdict, message } = (value ?? {}) as { verdict?: string; message?: string };
        return { outcome: verdict ?? 'done', value, reason: message ?? '' };
      } catch (error) {
        const { verdict, code, message } = error as { verdict?: string; code?: string; message: string };
        const named = verdict === 'unreachable' ? 'nas_unreachable' : verdict;
        const outcome = verdict === 'refuse' ? 'refused' : (named ?? code ?? 'threw');
        return { outcome, value: null, reason: message };
      }
    },
  };
}

const alice = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1', rate_in: '5000', rate_out: '20000' };
const session = { sid: '81a0', username: 'alice', ip: '10.1.2.3', ifname: 'ppp0' };

test('the schema of plugin.json takes no wrong options', async () => {
  const file = new URL('../../../plugins/accel-ppp/plugin.json', import.meta.url);
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(await readFile(file, 'utf8')).options,
  );
  for (const wrong of [
    { x: 1 },
    { rate: { form: 'pair', down: 'Attr-230' } },
    { redirect: { attribute: 'L4-Redirect', lift: 'coa', sets: { blocked: 'stop' } } },
    // Whoever redirects has to say how that ends.
    { redirect: { attribute: 'L4-Redirect' } },
    { accel_cmd: 'accel-cmd; reboot' },
    { cli_port: 0 },
    { restricted_pools: ['10.0.0.0'] },
  ])
    expect([wrong, validate(wrong)]).toEqual([wrong, false]);
});

test('two requests for one session are sent one after the other: of two at once accel-ppp drops the second', async () => {
  const state = { sessions: [session], config: { busy_ms: 60 } };
  const box = await startBox(state);
  expect(await box.run('user_rate_set', { account: alice, options: {} })).toMatchObject({ outcome: 'done' });
  expect(await box.run('user_drop', { account: alice, options: {} })).toMatchObject({ outcome: 'done' });
  expect(box.taken).toHaveLength(2);

  const both = await startBox({ ...state, config: { busy_ms: 200 } }, { with: ['coa'] });
  const answered: string[] = [];
  both.simulator.onExchange((exchange) => answered.push(exchange.answered));
  const options = {};
  const [first, second] = await Promise.all([
    both.run('user_rate_set', { account: alice, options }),
    both.run('user_rate_set', { account: { ...alice, rate_in: '1' }, options }),
  ]);
  // It comes through when it is sent again, and is not taken for done before that.
  expect([first.outcome, second.outcome]).toEqual(['done', 'done']);
  expect(answered.slice(0, 2)).toEqual(['later', 'silence']);
});

test('without an ssh section the session is found by its name, and what only the command line tells is unsupported', async () => {
  const box = await startBox({ sessions: [session] }, { with: ['coa'] });
  expect(await box.run('user_rate_set', { account: alice, options: {} })).toMatchObject({ outcome: 'done' });
  for (const hook of ['user_info', 'user_get_mac', 'users_from_nas'])
    expect(await box.run(hook, { account: alice, options: {} })).toMatchObject({ outcome: 'unsupported' });
  await expect(allRows(plugin.listSessions?.(box.device, { options: {} }))).rejects.toMatchObject({
    verdict: 'unsupported',
  });
  const byAddress = { account: { ...alice, ip: '10.1.2.3' }, options: { match: 'ip' } } as const;
  expect(await box.run('user_del', byAddress)).toMatchObject({ outcome: 'refused' });
  const that = { account: { ...alice, acct_session_id: '81a0' }, options: {} };
  expect(await box.run('user_disconnect', that)).toMatchObject({ outcome: 'done' });
  expect(box.taken).toEqual([
    'CoA-Request User-Name="alice" Filter-Id="20000/5000"',
    'Disconnect-Request User-Name="alice" Acct-Session-Id="81a0"',
  ]);
});

test.each([
  ['a rate that no Cisco-AVPair can say', { form: 'cisco' }, '5000000', /Cisco-AVPair/],
  [
    'a rate that no integer holds',
    { form: 'pair', down: 'Attr-230', up: 'Attr-231', factor: 1000 },
    '5000000',
    /integer/,
  ],
] as const)('%s is refused', async (_what, rate, rate_out, reason) => {
  const box = await startBox({ sessions: [session] });
  const refused = await box.run('user_rate_set', { account: { ...alice, rate_out }, options: { rate } });
  expect(refused).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(reason) });
  expect(box.taken).toEqual([]);
});

test('a profile with neither section is refused in words', async () => {
  const box = await startBox({ sessions: [session] }, { with: [] });
  for (const hook of ['user_del', 'user_drop', 'user_rate_set', 'user_disconnect'])
    expect(await box.run(hook, { account: { ...alice, acct_session_id: '81a0' }, options: {} })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('coa section'),
    });
});

test('without a coa section sessions are terminated, and not changed', async () => {
  const box = await startBox({ sessions: [session] }, { with: ['ssh'] });
  expect(await box.run('user_rate_set', { account: alice, options: {} })).toMatchObject({ outcome: 'refused' });
  expect(await box.run('user_drop', { account: alice, options: {} })).toMatchObject({ outcome: 'done' });
  expect(box.taken).toEqual(['terminate sid 81a0 soft']);
});

test('a dry run asks, and shows what it would send', async () => {
  const box = await startBox({ sessions: [session] }, { dryRun: true });
  expect(await box.run('user_drop', { account: alice, options: { terminate: 'soft' } })).toMatchObject({
    outcome: 'done',
  });
  expect(await box.run('user_rate_set', { account: alice, options: {} })).toMatchObject({ outcome: 'done' });
  expect(box.taken).toEqual([]);
  expect(box.exchanges.filter(({ kind }) => kind === 'recorded').map(({ text }) => text)).toEqual([
    'set reasons/1001/blocked true',
    'accel-cmd -p 2001 -t 10s\nterminate sid 81a0 soft\nshow stat\n',
    'CoA-Request User-Name="alice" Acct-Session-Id="81a0" Filter-Id="20000/5000"',
  ]);
});

test('all sessions are listed as accounting names them; one that begins has no id yet', async () => {
  const box = await startBox({
    sessions: [
      { ...session, caller: '02:00:00:00:00:03', uptime: 125 },
      { sid: '81a1', username: 'я'.repeat(64), ip: '10.1.2.4', type: 'l2tp', caller: '7 | 495' },
      { sid: '81a2', username: 'Иван | "x"', ip: '10.1.2.5', caller: '8 | 800', state: 'finish' },
      { sid: '81a3', username: 'eve', state: 'start' },
    ],
  });
  const { rows } = await allRows(plugin.listSessions?.(box.device, { options: {} }));
  expect(rows).toEqual([
    {
      acctSessionId: '81a0',
      userName: 'alice',
      framedIp: '10.1.2.3',
      callingStationId: '02:00:00:00:00:03',
      uptime: 125,
    },
    // Cut in the middle of a letter: what cannot be read is not told, and its address and id are.
    { acctSessionId: '81a1', userName: '', framedIp: '10.1.2.4', callingStationId: '', uptime: 60 },
    { acctSessionId: '81a2', userName: 'Иван | "x"', framedIp: '10.1.2.5', callingStationId: '8 | 800', uptime: 60 },
    { acctSessionId: '', userName: 'eve', framedIp: '', callingStationId: '', uptime: 60 },
  ]);
  expect(await plugin.uptime?.(box.device, { options: {} })).toBe(93_784);
  expect(await plugin.selfTest?.(box.device, { options: {} })).toEqual({ uptime: 93_784 });
});

test('a list of thousands comes in parts', async () => {
  const sessions = Array.from({ length: 5000 }, (_, index) => ({ sid: `s${index}`, username: `u${index}` }));
  const box = await startBox({ sessions });
  const { rows, parts } = await allRows(plugin.listSessions?.(box.device, { options: {} }));
  expect(rows).toHaveLength(5000);
  expect(Math.max(...parts)).toBeLessThanOrEqual(1000);
});

test.each([
  ['a list that breaks off', { breaks_after: 3 }, {}, /broke off/],
  ['a list without its end', { breaks_after: 4 }, {}, /broke off/],
  ['half a line', { breaks_after: 1 }, {}, /broke off/],
  ['a command line that wants a password', { password: 'x' }, {}, /password/],
  ['a command line on another port', {}, { cli_port: 2002 }, /cli_port/],
  ['a box without the shaper module', { shaper: null }, {}, /unknown column rate-limit/],
] as const)('%s is no list', async (_what, config, options, reason) => {
  const sessions = [session, { ...session, sid: '81a1' }];
  const box = await startBox({ sessions, config });
  await expect(allRows(plugin.listSessions?.(box.device, { options }))).rejects.toThrow(reason);
  expect(await box.run('user_del', { account: alice, options })).toMatchObject({
    outcome: expect.stringMatching(/^(retry|refused|nas_unreachable)$/),
    reason: expect.stringMatching(reason),
  });
  expect(box.taken).toEqual([]);
});

test('a profile that cannot work does not pass its self-test; one whose accel-pppd does not run says that the box is down', async () => {
  const selfTest = async (config: object, options: AccelOptions) =>
    plugin.selfTest?.((await startBox({ config })).device, { options });
  await expect(selfTest({ shaper: null }, {})).rejects.toThrow(/unknown column rate-limit/);
  await expect(selfTest({ password: 'x' }, {})).rejects.toThrow(/password/);
  expect(await selfTest({ shaper: null }, { rate: { form: 'none' } })).toEqual({ uptime: 93_784 });
  await expect(selfTest({}, { cli_port: 2002 })).rejects.toMatchObject({
    verdict: 'unreachable',
    message: expect.stringContaining('cli_port'),
  });
});

test('where RADIUS renames, a session is known by its id alone', async () => {
  const box = await startBox({ sessions: [session] });
  const { rows } = await allRows(plugin.listSessions?.(box.device, { options: { renamed: true } }));
  expect(rows).toMatchObject([{ acctSessionId: '81a0', userName: '', framedIp: '10.1.2.3' }]);
});

test('a name with a line end in it makes no other session', async () => {
  const forged = 'x |            |\r\n evil | active | 60 | 10.1.2.9 | pppoe | | | | bob';
  const box = await startBox({ sessions: [session, { ...session, sid: '81a1', username: forged }] });
  await expect(allRows(plugin.listSessions?.(box.device, { options: {} }))).rejects.toThrow(/no line of its table/);
});

const hostile = fc.oneof(
  fc.constantFrom(
    'a b',
    'a|b',
    '.*',
    '^',
    'alice$',
    "a';reboot;'",
    '$(reboot)',
    '"',
    '\\',
    'match',
    '-h',
    '\n',
    'a\r\nterminate all',
  ),
  fc.constantFrom('Иванов «Иван»', '☃', 'x'.repeat(127), '__proto__', 'alice@realm'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
);

test('no name of the billing ends another session than its own', async () => {
  const others = [session, { sid: '81a1', username: 'bob', ip: '10.1.2.4' }, { sid: '81a2', state: 'start' }];
  const box = await startBox({ sessions: others }, { with: ['ssh'] });
  const before = box.simulator.state();
  await fc.assert(
    fc.asyncProperty(
      hostile.filter((text) => text !== 'alice' && text !== 'bob'),
      async (login) => {
        const { outcome } = await box.run('user_del', { account: { ...alice, login }, options: { terminate: 'hard' } });
        expect(['gone', 'refused']).toContain(outcome);
        expect(box.simulator.state()).toEqual(before);
      },
    ),
    { numRuns: 150 },
  );
  expect(box.taken).toEqual([]);
});

test('whoever is online is found by his name, whatever it is', async () => {
  const names = ['a b', 'Иванов «Иван»', 'a|b', '.*', '☃', "o'neil", 'x'.repeat(127)];
  const box = await startBox({ sessions: names.map((username, index) => ({ sid: `s${index}`, username })) });
  for (const [index, login] of names.entries()) {
    const { value } = await box.run('user_info', { account: { ...alice, login }, options: {} });
    expect(value).toMatchObject({ sessions: [{ sid: `s${index}`, username: login }] });
  }
});

test('the simulator prints the table as accel-ppp does', async () => {
  const printed: string[] = [];
  const box = await startBox({ sessions: [session, { ...session, sid: '8', username: 'Иван' }] });
  box.simulator.onExchange(({ answered }) => printed.push(answered));
  await box.run('users_from_nas', { account: {}, options: {} });
  expect(printed[0]?.split('\r\n')).toEqual([
    ' sid  | state  | uptime-raw |    ip    | type  | ifname | rate-limit | calling-sid | username ',
    '------+--------+------------+----------+-------+--------+------------+-------------+----------',
    ' 81a0 | active | 60         | 10.1.2.3 | pppoe | ppp0   |            |             | alice    ',
    // Padded by bytes, of which it has eight.
    ' 8    | active | 60         | 10.1.2.3 | pppoe | ppp0   |            |             | Иван',
  ]);
});

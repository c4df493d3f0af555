// The generic-coa plugin on its simulated box, beyond its cases: templates that cannot be filled, silence, hostile values.
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { type InProcessOptions, inProcessDevice } from '#test/support/in-process-device.ts';
import type { GenericCoaOptions } from '../../../plugins/generic-coa/options.ts';
import plugin from '../../../plugins/generic-coa/plugin.ts';
import { startSimulator } from '../../../plugins/generic-coa/simulator.ts';

const dictionary = await loadDictionary(new URL('../../../nas-profiles/dictionaries', import.meta.url).pathname);
const coa = createCoaDefinition(dictionary) as TransportDefinition;

async function startBox(state: unknown, options: InProcessOptions = {}) {
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const taken: string[] = [];
  simulator.onExchange(({ received }) => taken.push(received));
  const section = { ...simulator.transports.coa, timeouts: { initial: '50ms' } };
  const { device, close, exchanges } = inProcessDevice([{ definition: coa, section }], options);
  onTestFinished(close);
  return {
    simulator,
    /** What the box took, as it understood it. */
    taken,
    exchanges,
    async run(
      hook: string,
      { account, options: profileOptions }: { readonly account: Account; readonly options: GenericCoaOptions },
    ) {
      const input = {
        account,
        options: profileOptions,
        hook,
        attempt: 1,
        token: 'job-1',
        deadline: Date.now() + 10_000,
        dryRun: options.dryRun ?? false,
        log: () => undefined,
      };
      try {
        await plugin.hooks[hook]?.(input, device);
        return { outcome: 'done', reason: '' };
      } catch (error) {
        const { verdict, code, message } = error as { verdict?: string; code?: string; message: string };
        return { outcome: verdict === 'refuse' ? 'refused' : (verdict ?? code ?? 'threw'), reason: message };
      }
    },
  };
}

const alice = { user_id: '1001', login: 'alice', acct_session_id: '81000001', nas_ip: '10.0.0.1' };
const online = { sessions: { alice: { 'Acct-Session-Id': '81000001' } } };

test('the plugin has every hook that changes a box', () => {
  const changing = [...catalogue.values()].filter(({ kind }) => kind === 'change').map(({ name }) => name);
  expect(Object.keys(plugin.hooks).sort()).toEqual(changing.sort());
});

test.each([
  [
    'a variable not sent',
    { coa: { 'Filter-Id': '{rate_in}k' } },
    {},
    ['user_drop', 'Filter-Id', 'rate_in', 'not sent'],
  ],
  ['an empty variable', { coa: { 'Filter-Id': '{rate_in}k' } }, { rate_in: '' }, ['Filter-Id', 'rate_in', 'is empty']],
  ['no number', { coa: { 'Filter-Id': '{rate_in*8}' } }, { rate_in: '5M' }, ['Filter-Id', 'rate_in', 'whole number']],
  ['a bracket', { coa: { 'Filter-Id': 'f({zone})' } }, { zone: '1)(2' }, ['Filter-Id', 'zone', 'separator']],
  ['a new line', { coa: { 'Filter-Id': 'f-{zone}' } }, { zone: '1\n2' }, ['Filter-Id', 'zone', 'separator']],
  ['10 kB', { coa: { 'Filter-Id': '{zone}' } }, { zone: 'я'.repeat(5_000) }, ['Filter-Id', '5000 characters']],
  ['a name of every object', { coa: { 'Filter-Id': '{constructor}' } }, {}, ['Filter-Id', 'constructor', 'not sent']],
  ['an empty login', { disconnect: {} }, { login: '' }, ['User-Name', 'login', 'is empty']],
])('a refusal because of %s says which attribute and which variable', async (_what, step, variables, words) => {
  const box = await startBox(online);
  const options = { hooks: { user_drop: [step] } } as GenericCoaOptions;
  const { outcome, reason } = await box.run('user_drop', { account: { ...alice, ...variables }, options });
  expect(outcome).toBe('refused');
  for (const word of words) expect(reason).toContain(word);
  expect(reason.length).toBeLessThan(300);
  expect(box.taken).toEqual([]);
});

test('a request never names the box alone', async () => {
  const box = await startBox(online);
  const options: GenericCoaOptions = {
    hooks: { user_del: [{ disconnect: {} }] },
    identify: { 'User-Name': '{login?}', 'NAS-IP-Address': '{nas_ip}', 'NAS-Identifier': 'bras-1' },
  };
  const { outcome, reason } = await box.run('user_del', { account: { user_id: '1', nas_ip: '10.0.0.1' }, options });
  expect([outcome, reason]).toEqual(['refused', expect.stringContaining('name no session')]);
  expect(box.taken).toEqual([]);
  expect(await box.run('user_del', { account: alice, options })).toMatchObject({ outcome: 'done' });
});

test('a box that refuses vendor attributes in a Disconnect is heard, and the session stays', async () => {
  const box = await startBox(online);
  const options: GenericCoaOptions = { hooks: { user_drop: [{ disconnect: { 'Mikrotik-Address-List': 'x' } }] } };
  expect(await box.run('user_drop', { account: alice, options })).toMatchObject({ outcome: 'nas_refused' });
  expect(box.exchanges.at(-1)?.text).toContain('Disconnect-NAK');
  expect(box.simulator.state()).toEqual(online);
});

test('a box that does not answer is a timeout, and takes the change once it answers again', async () => {
  const box = await startBox(online, { deadlineMs: 300 });
  const options: GenericCoaOptions = { hooks: { user_drop: [{ coa: { 'Filter-Id': 'blocked' } }] } };
  box.simulator.silence(true);
  expect(await box.run('user_drop', { account: alice, options })).toMatchObject({ outcome: 'nas_timeout' });
  expect(box.simulator.state()).toEqual(online);
  box.simulator.silence(false);
  expect(await box.run('user_drop', { account: alice, options })).toMatchObject({ outcome: 'done' });
  expect(box.taken).toHaveLength(1);
});

test('a session that began in between is found, and one that ended is gone', async () => {
  const box = await startBox({});
  const options: GenericCoaOptions = { hooks: { user_auth: [{ coa: { 'Session-Timeout': 60 } }] } };
  expect(await box.run('user_auth', { account: alice, options })).toMatchObject({ outcome: 'gone' });
  box.simulator.login('alice', { 'Acct-Session-Id': '81000001' });
  expect(await box.run('user_auth', { account: alice, options })).toMatchObject({ outcome: 'done' });
  expect(box.simulator.state()).toEqual({
    sessions: { alice: { 'Acct-Session-Id': '81000001', 'Session-Timeout': 60 } },
  });
  box.simulator.logout('alice');
  expect(await box.run('user_auth', { account: alice, options })).toMatchObject({ outcome: 'gone' });
});

test('a dry run sends nothing and shows what it would send', async () => {
  const box = await startBox(online, { dryRun: true });
  const options: GenericCoaOptions = {
    hooks: { user_drop: [{ coa: { 'Filter-Id': 'blocked' } }, { disconnect: {} }] },
  };
  expect(await box.run('user_drop', { account: alice, options })).toMatchObject({ outcome: 'done' });
  expect(box.taken).toEqual([]);
  expect(box.exchanges).toMatchObject([
    { kind: 'recorded', text: 'CoA-Request User-Name="alice" Acct-Session-Id="81000001" Filter-Id="blocked"' },
    { kind: 'recorded', text: 'Disconnect-Request User-Name="alice" Acct-Session-Id="81000001"' },
  ]);
});

const hostile = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    'a\nb',
    'alice\r\nSession-Timeout = 1',
    'a, Class = 0x00',
    '{login}',
    '{{',
    '{x',
    '0x01',
    '__proto__',
  ),
  fc.constantFrom(
    'Иванов «Иван»',
    'я'.repeat(5_000),
    'x'.repeat(10_240),
    '\u0000\u0001',
    '\u001a\u0006',
    '☃'.repeat(80),
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }).filter((text) => text.isWellFormed()),
);

test('no value of the billing makes another attribute', async () => {
  const box = await startBox({});
  const alone = { 'Filter-Id': '{zone}' };
  const inside = { 'Filter-Id': '{zone}', 'Reply-Message': 'zone {zone} of {login}' };
  let arrived = 0;
  await fc.assert(
    fc.asyncProperty(hostile, hostile, fc.constantFrom(alone, inside), async (login, zone, values) => {
      const session = { 'Acct-Session-Id': '81000001' };
      const isName = Buffer.byteLength(login) <= 253;
      if (isName) box.simulator.login(login, session);
      const options: GenericCoaOptions = { hooks: { user_drop: [{ coa: values }] } };
      const { outcome } = await box.run('user_drop', { account: { ...alice, login, zone }, options });
      expect(['done', 'refused', 'arguments_invalid']).toContain(outcome);
      const expected: Record<string, string> =
        outcome === 'done' ? { ...session, ...values, 'Filter-Id': zone } : session;
      if (values === inside && outcome === 'done') expected['Reply-Message'] = `zone ${zone} of ${login}`;
      expect(box.simulator.state()).toEqual({ sessions: isName ? { [login]: expected } : {} });
      if (outcome === 'done') arrived += 1;
      box.simulator.logout(login);
    }),
    { numRuns: 200 },
  );
  expect(arrived).toBeGreaterThan(20);
});

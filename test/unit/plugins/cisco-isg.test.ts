// The cisco-isg plugin beyond its cases: profiles that cannot work, and what is so already by the time that the box is told.
import { afterEach, expect, test } from 'vitest';
import { openPluginKit, type PluginKit } from '#core/plugin-kit/kit.ts';
import { isOf, rateIn } from '../../../plugins/cisco-isg/names.ts';

const folder = new URL('../../../plugins/cisco-isg', import.meta.url).pathname;
const account = { user_id: '1001', login: 'alice', ip: '10.1.2.3', nas_ip: '10.0.0.1' };
let kit: PluginKit;

afterEach(() => kit?.close());

test.each([
  [
    'one service for two reasons',
    { blocked: ['PAGE'], no_balance: ['PAGE'] },
    'PAGE of blocked is also one of no_balance',
  ],
  [
    'a page that fits the names of the internet',
    { internet: ['SVC_{tariff}'], blocked: ['SVC_PAGE'] },
    'SVC_PAGE of blocked',
  ],
  [
    'a reason that no service shows, where the others bring the internet back',
    { internet: ['INET'], blocked: ['PAGE'] },
    'no service of no_balance and own_disabled',
  ],
  ['a package that fits the names of speeds', { rate: ['S{rate_out}'], usluga: { 7: ['S1'] } }, 'S1 of usluga'],
])('a profile with %s is refused: which of them holds could not be told', async (_what, services, problem) => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  await expect(kit.openBox({ state: {}, options: { services } })).rejects.toThrow(problem);
});

test('a service that becomes active between question and command is done, though the box refuses it', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const sessions = [{ id: '1', ip: '10.1.2.3', services: [] }];
  const box = await kit.openBox({ state: { sessions }, options: { services: { blocked: ['PAGE'] } } });
  const isRefused = () => box.exchanges().some(({ answered }) => answered === 'nak 404');
  // Both ask before either tells: nearly always at the first try.
  for (let tries = 0; tries < 50 && !isRefused(); tries += 1) {
    box.simulator.reset?.();
    const both = await Promise.all([box.run('user_drop', account), box.run('user_drop', account)]);
    expect(both.map(({ outcome }) => outcome.type)).toEqual(['done', 'done']);
    expect(box.state()).toMatchObject({ sessions: [{ services: ['PAGE'] }] });
  }
  expect(isRefused()).toBe(true);
});

test('a dry run shows what could be sent at most, and changes nothing', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const sessions = [{ id: '1', ip: '10.1.2.3', services: ['INET'] }];
  const options = {
    services: { internet: ['INET'], blocked: ['PAGE'], no_balance: ['PAY'], own_disabled: ['PAUSE'] },
  };
  const box = await kit.openBox({ state: { sessions }, options });
  const { outcome } = await box.run('user_drop', account, { dryRun: true });
  expect(outcome.type).toBe('done');
  expect(box.state()).toMatchObject({ sessions: [{ services: ['INET'] }] });
});

test('the speed of a service is in kbit/s, whatever unit its name has', () => {
  expect(rateIn('POLICE_5000000_20000', 'POLICE_{rate_in*1000}_{rate_out}')).toEqual({
    rate_in: 5000,
    rate_out: 20000,
  });
  expect(rateIn('INET_20000', 'INET_{rate_out}')).toBeNull();
  expect(rateIn('POLICE_NIGHT', 'POLICE_{rate_in}_{rate_out}')).toBeNull();
});

test('what a name has beside its variables is meant literally', () => {
  expect(isOf('SVC.1', ['SVC.{rate_out}'])).toBe(true);
  expect(isOf('SVCx1', ['SVC.{rate_out}'])).toBe(false);
  expect(isOf('INET_FAST', ['INET_{rate_out}'])).toBe(false);
});

test('who paid gets a new login by user_accept, and only once, where RADIUS decides', async () => {
  kit = await openPluginKit({ folder, engine: 'in-process' });
  const sessions = [{ id: '1', ip: '10.1.2.3', services: [] }];
  const box = await kit.openBox({ state: { sessions }, options: {} });
  await box.run('user_drop', account);
  box.simulator.reset?.();
  expect((await box.run('user_accept', account)).outcome.type).toBe('done');
  expect(box.state()).toEqual({ sessions: [] });
  box.simulator.reset?.();
  expect((await box.run('user_accept', account)).outcome.type).toBe('gone');
  expect(box.state()).toMatchObject({ sessions: [{ ip: '10.1.2.3' }] });
});

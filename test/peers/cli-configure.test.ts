// Changes of the configuration over a real sshd: with and without a candidate, refused lines, locked boxes, commits that are confirmed.
import { afterEach, describe, expect, test } from 'vitest';
import { cli } from '#plugin-sdk';
import { createCliPeers } from '#test/support/cli-peer.ts';

const peers = createCliPeers();
afterEach(peers.close);

describe('with a candidate', () => {
  test('lines are in force after the commit, and nothing stays open', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect();
    const said = await box.call<string>('configure', [
      cli`set interfaces ${'ge-0/0/1'} disable`,
      cli`set description ${'two words'}`,
    ]);
    expect(said).toContain('commit complete');
    expect(peer.configuration()).toEqual({ lines: ['set interfaces ge-0/0/1 disable', 'set description "two words"'] });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(await peer.connections()).toBe(1);
  });

  test('a refused line takes all back, and is told with the words of the box', async () => {
    const peer = await peers.ssh('junos', ['set old']);
    const box = peer.connect();
    await expect(box.call('configure', [cli`set new`, cli`set bad ${'thing'}`, cli`set later`])).rejects.toMatchObject({
      code: 'nas_refused',
      said: expect.stringContaining('syntax error.'),
      details: { line: 'set bad thing', takenBack: true, applied: 0 },
    });
    expect(peer.configuration()).toEqual({ lines: ['set old'] });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(await peer.connections()).toBe(1);
  });

  test('a commit that the box refuses takes all back', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect();
    await expect(box.call('configure', [cli`set wrong`])).rejects.toMatchObject({
      code: 'nas_refused',
      details: { line: 'commit', takenBack: true },
    });
    expect(peer.configuration()).toEqual({ lines: [] });
    await box.call('configure', [cli`set right`]);
    expect(peer.configuration()).toEqual({ lines: ['set right'] });
  });

  test('a check that fails comes before the commit', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect();
    await expect(box.call('configure', [cli`set wrong`], { check: true })).rejects.toMatchObject({
      details: { line: 'commit check', takenBack: true },
    });
    expect(box.exchanges.map(({ text }) => text)).not.toContain('commit');
    await box.call('configure', [cli`set right`], { check: true });
    expect(peer.configuration()).toEqual({ lines: ['set right'] });
  });

  test('a locked box is busy', async () => {
    const peer = await peers.ssh('junos', ['set locked']);
    const box = peer.connect();
    await expect(box.call('configure', [cli`set new`])).rejects.toMatchObject({
      code: 'nas_busy',
      retryable: true,
      message: expect.stringContaining('Nothing was changed'),
      details: { takenBack: false, applied: 0 },
    });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });

  test('a confirmed commit is confirmed once the box lets us in anew', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect();
    await box.call('configure', [cli`set new`], { commit: 'confirmed' });
    expect(peer.configuration()).toEqual({ lines: ['set new'] });
    expect(box.logged.filter((line) => line.startsWith('logged in'))).toHaveLength(2);
    expect(box.exchanges.map(({ text }) => text)).toContain('commit confirmed 2');
  });

  test('with one session only, the session that made it must answer again', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect({ max_sessions: 1 });
    await box.call('configure', [cli`set new`], { commit: 'confirmed' });
    expect(peer.configuration()).toEqual({ lines: ['set new'] });
    expect(await peer.connections()).toBe(1);
  });

  test('a change that shuts us out is not confirmed: the box takes it back', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect();
    await box.call('read', cli`show first`);
    const failure = box.callWithin(6_000, 'configure', [cli`set shut`], { commit: 'confirmed' });
    await expect(failure).rejects.toMatchObject({
      code: expect.stringMatching(/^nas_(timeout|unreachable)$/),
      message: expect.stringContaining('not confirmed'),
    });
    // Still to be confirmed.
    expect(peer.configuration()).toEqual({ lines: ['set shut'], previous: [] });
  });

  test('a new login that is turned away leaves it unconfirmed too, and says so', async () => {
    const peer = await peers.ssh('junos');
    const box = peer.connect();
    await expect(box.call('configure', [cli`set closed`], { commit: 'confirmed' })).rejects.toMatchObject({
      code: 'nas_unreachable',
      message: expect.stringContaining('not confirmed'),
      details: { takenBack: false, applied: 1 },
    });
    expect(peer.configuration()).toEqual({ lines: ['set closed'], previous: [] });
  });
});

describe('where both modes wait with the same line', () => {
  test('it is entered, changed, committed and left', async () => {
    const peer = await peers.ssh('md');
    const box = peer.connect();
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    await box.call('configure', [cli`/configure system name ${'bng 1'}`]);
    expect(peer.configuration()).toEqual({ lines: ['/configure system name "bng 1"'] });
    await expect(box.call('configure', [cli`/configure ok`, cli`/configure bad`])).rejects.toMatchObject({
      code: 'nas_refused',
      said: expect.stringContaining('Unknown element'),
      details: { line: '/configure bad', takenBack: true },
    });
    expect(peer.configuration().lines).toHaveLength(1);
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(await peer.connections()).toBe(1);
  });

  test('a session that could not leave is not used again', async () => {
    const peer = await peers.ssh('md');
    const box = peer.connect();
    await expect(box.call('configure', [cli`/configure stuck`])).rejects.toMatchObject({
      details: { line: 'quit-config', takenBack: false, applied: 1 },
      message: expect.stringContaining('The change is in force.'),
    });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(box.logged.filter((line) => line.startsWith('logged in'))).toHaveLength(2);
  });
});

describe('without one', () => {
  test('every line is in force at once, modes within modes are left, and a refused line says how many are', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    const lines = [cli`interface ${'Gi0/1'}`, cli`shutdown`, cli`bad line`, cli`never typed`];
    await expect(box.call('configure', lines)).rejects.toMatchObject({
      code: 'nas_refused',
      message: expect.stringContaining('2 lines before it are in force'),
      details: { line: 'bad line', takenBack: false, applied: 2 },
    });
    expect(peer.configuration()).toEqual({ lines: ['interface Gi0/1', 'shutdown'] });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(await peer.connections()).toBe(1);
  });

  test('with a timer that takes it back, a refused line does so at once, and a good change is confirmed', async () => {
    const peer = await peers.ssh('ios', ['old']);
    const box = peer.connect();
    const refused = box.call('configure', [cli`interface ${'Gi0/1'}`, cli`bad line`], { commit: 'confirmed' });
    await expect(refused).rejects.toMatchObject({ code: 'nas_refused', details: { takenBack: true, applied: 0 } });
    expect(peer.configuration()).toEqual({ lines: ['old'] });
    await box.call('configure', [cli`interface ${'Gi0/1'}`], { commit: 'confirmed' });
    expect(peer.configuration()).toEqual({ lines: ['old', 'interface Gi0/1'] });
  });

  test('a first line that is not answered is not said to have changed nothing', async () => {
    const box = (await peers.ssh('ios')).connect();
    await expect(box.callWithin(4_000, 'configure', [cli`hang`, cli`shutdown`])).rejects.toMatchObject({
      code: 'nas_timeout',
      message: expect.stringMatching(/may still take effect.*No other line is in force/),
      details: { takenBack: false, applied: 0 },
    });
  });

  test('a line that leads out of configuration mode ends it', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    await expect(box.call('configure', [cli`end`, cli`clear all`])).rejects.toMatchObject({ code: 'nas_protocol' });
    expect(box.exchanges.map(({ text }) => text)).not.toContain('clear all');
  });

  test('a check that the platform has not is refused before anything is sent', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    const checked = box.call('configure', [cli`shutdown`], { check: true });
    await expect(checked).rejects.toMatchObject({ code: 'arguments_invalid' });
    expect(await peer.connections()).toBe(0);
  });
});

test('a dry run records all that would be typed, in the words of the box', async () => {
  const junos = (await peers.ssh('junos')).connect({ confirm_within: '5m' });
  expect(junos.describe('configure', [cli`set description ${'two words'}`], { commit: 'confirmed', check: true })).toBe(
    [
      'configure exclusive',
      'set description "two words"',
      'commit check',
      'commit confirmed 5',
      'commit',
      'exit configuration-mode',
    ].join('\n'),
  );
  expect(junos.describe('run', cli`clear session ${'ivan'}`)).toBe('clear session ivan');
  expect(() => junos.describe('run', cli`clear session ${'"'}`)).toThrow(
    expect.objectContaining({ code: 'value_unsafe' }),
  );
  expect(junos.exchanges).toEqual([]);
});

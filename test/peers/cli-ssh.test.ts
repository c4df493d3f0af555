// The cli transport against a real sshd with a command line behind it that pages, echoes, shows its prompt in its output, and breaks.
import { afterEach, describe, expect, test } from 'vitest';
import { cli } from '#plugin-sdk';
import { createCliPeers } from '#test/support/cli-peer.ts';
import { enablePassword } from '#test/support/scripted-cli.ts';
import { until } from '#test/support/until.ts';

const peers = createCliPeers();
afterEach(peers.close);

const numbered = (count: number) =>
  Array.from({ length: count }, (_, at) => `line ${at + 1} login-${at + 1} 10.0.${at >> 8}.${at & 255}`).join('\n');

describe('what a command prints', () => {
  test('comes without echo and prompt, Cyrillic and all', async () => {
    const box = (await peers.ssh('ios')).connect();
    expect(await box.call('read', cli`show version`)).toBe(
      'Box Software, Version 1.0\nuptime is 3 weeks\nСерийный номер 7',
    );
  });

  test('is whole when the prompt stands in the middle of it, also as a line that goes on later', async () => {
    const box = (await peers.ssh('ios')).connect({ settle: '400ms' });
    const shown = await box.call('read', cli`show prompts`);
    expect(shown).toBe('descr bras-1# one\nbras-1#\n  bras-1#\nbras-1# two\nbras-1# three\n--More-- four');
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });

  test('is whole when it comes slowly', async () => {
    const box = (await peers.ssh('ios')).connect();
    expect(await box.call('read', cli`show slow`)).toBe('one\ntwo\nthree');
  });

  test('is whole when the box pages all the same', async () => {
    const box = (await peers.ssh('ios')).connect({
      platform: { extends: 'cisco-ios', prepare: ['terminal length 24'] },
    });
    expect(await box.call('read', cli`show lines ${200}`)).toBe(numbered(200));
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });

  test('comes in parts when it is asked for so', async () => {
    const box = (await peers.ssh('ios')).connect();
    const parts: string[][] = [];
    const stream = box.partsUntil<string[]>(AbortSignal.timeout(20_000), 'lines', cli`show lines ${2_500}`);
    for (let step = await stream.next(); !step.done; step = await stream.next()) parts.push(step.value);
    expect(parts.map(({ length }) => length)).toEqual([1000, 1000, 500]);
    expect(parts.flat().join('\n')).toBe(numbered(2_500));
  });

  test('is what a terminal would show: no colours, no spinner', async () => {
    const box = (await peers.ssh('ios')).connect();
    expect(await box.call('read', cli`show colour`)).toBe('green and plain\nspinner done');
  });

  test('is told from a prompt that stands right behind it', async () => {
    const box = (await peers.ssh('ios')).connect();
    expect(await box.call('read', cli`show glued`)).toBe('no line end');
  });

  test('is found behind an echo that wraps', async () => {
    const box = (await peers.ssh('ios')).connect();
    const words = Array.from({ length: 20 }, (_, at) => `word-${at}`).join(' ');
    const line = { parts: [`show ${words} `, ''], values: ['last'] };
    expect(await box.call('read', line)).toBe(`asked for ${words} last`);
  });

  test('is found at a box with an odd name, cut short in configuration mode', async () => {
    const peer = await peers.ssh('odd-name');
    const box = peer.connect();
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    await box.call('configure', [cli`interface ${'Gi0/1'}`, cli`shutdown`]);
    expect(peer.configuration().lines).toEqual(['interface Gi0/1', 'shutdown']);
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });
});

describe('what a box refuses', () => {
  test('is told with its words, and the session goes on', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    await expect(box.call('run', cli`nonsense ${'here'}`)).rejects.toMatchObject({
      code: 'nas_refused',
      said: expect.stringContaining("% Invalid input detected at '^' marker."),
      details: { line: 'nonsense here' },
    });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(await peer.connections()).toBe(1);
  });

  test('a value that would be more than a word is refused before anything is sent', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    for (const value of ['a b', 'a\nreload', 'a?', 'a|redirect x', '"', 'Иванов', '', 'a;b', '\u0003'])
      await expect(box.call('run', cli`clear subscriber ${value}`)).rejects.toMatchObject({ code: 'value_unsafe' });
    expect(box.exchanges).toEqual([]);
    expect(await peer.connections()).toBe(0);
  });

  test('a question that nobody answers is told, and the session is not used again', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    await expect(box.call('run', cli`delete ${'file-1'}`)).rejects.toMatchObject({
      code: 'nas_refused',
      said: 'Delete file-1? [y/n]:',
    });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    await until(async () => (await peer.connections()) === 1, 5_000);
  });

  test('wrong enable password and wrong key are told as credentials', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect({ enable_password: 'wrong-one' });
    await expect(box.call('read', cli`show version`)).rejects.toMatchObject({ code: 'nas_auth' });
    const stranger = peer.connect({ user: 'nobody-known' });
    await expect(stranger.call('read', cli`show version`)).rejects.toMatchObject({ code: 'nas_auth' });
  });

  test('a host key that is not the pinned one is another box', async () => {
    const box = (await peers.ssh('ios')).connect({ host_key: `SHA256:${'A'.repeat(43)}` });
    await expect(box.call('read', cli`show version`)).rejects.toMatchObject({ code: 'nas_identity' });
  });
});

describe('dialogs', () => {
  test("the platform's own answers go for a command that changes something", async () => {
    const box = (await peers.ssh('ios')).connect();
    expect(await box.call('run', cli`clear subscriber session username ${'ivan@isp'}`)).toContain(
      'done: clear subscriber session username ivan@isp',
    );
  });

  test("the plugin's answers go before them", async () => {
    const box = (await peers.ssh('ios')).connect();
    expect(await box.call('run', cli`delete ${'file-1'}`, { answers: { 'Delete file-1?': 'y' } })).toContain(
      'done: delete',
    );
    expect(await box.call('run', cli`clear ${'all'}`, { answers: { '[CONFIRM]': 'n' } })).toContain('not done');
  });
});

describe('the transcript', () => {
  test('has what was typed and answered, and no secret', async () => {
    const box = (await peers.ssh('ios')).connect();
    const shown = await box.call<string>('read', cli`show secret`);
    expect(shown).toBe('enable secret ***');
    expect(box.exchanges.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'sent enable',
      'sent (the enable password)',
      'sent terminal length 0',
      'sent terminal width 511',
      'sent show secret',
      'received enable secret ***',
    ]);
    expect(JSON.stringify(box.exchanges)).not.toContain(enablePassword);
  });
});

describe('sessions', () => {
  test('are used again, no more than there may be, and closed when idle', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect({ max_sessions: 2, idle: '1500ms' });
    const shown = await Promise.all(Array.from({ length: 6 }, (_, at) => box.call('read', cli`show number ${at}`)));
    expect(shown).toEqual(Array.from({ length: 6 }, (_, at) => `asked for number ${at}`));
    expect(box.logged.filter((line) => line.startsWith('logged in'))).toHaveLength(2);
    expect(await peer.connections()).toBe(2);
    await until(async () => (await peer.connections()) === 0, 10_000);
    expect(await box.call('read', cli`show number ${7}`)).toBe('asked for number 7');
  });

  test.each([undefined, enablePassword])(
    'are used again where the login leads into privileged mode at once',
    async (enable_password) => {
      const peer = await peers.ssh('ios-enabled');
      const box = peer.connect({ enable_password });
      expect(await box.call('read', cli`show first`)).toBe('asked for first');
      expect(await box.call('read', cli`show next`)).toBe('asked for next');
      expect(box.logged.filter((line) => line.startsWith('logged in'))).toHaveLength(1);
      expect(box.exchanges.map(({ text }) => text)).not.toContain('enable');
    },
  );

  test('one that says something unasked is not used again', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    expect(await box.call('read', cli`show noise`)).toBe('quiet');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
    expect(box.logged.filter((line) => line.startsWith('logged in'))).toHaveLength(2);
    await until(async () => (await peer.connections()) === 1, 5_000);
  });

  test('end with the transport, whatever they do', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    await box.call('read', cli`show first`);
    const call = box.call('read', cli`show hang`);
    setTimeout(() => void box.close(), 300);
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await until(async () => (await peer.connections()) === 0, 5_000);
    await expect(box.call('read', cli`show next`)).rejects.toMatchObject({ code: 'aborted' });
  });

  test('a line that drops in the middle is told as unreachable, and the next call has a new one', async () => {
    const box = (await peers.ssh('ios')).connect();
    await expect(box.call('read', cli`show drop`)).rejects.toMatchObject({ code: 'nas_unreachable', retryable: true });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });

  test('a box that says no more is given up at the deadline, with what it shows, and its session is closed', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    await box.call('read', cli`show first`);
    await expect(box.callWithin(800, 'read', cli`show hang`)).rejects.toMatchObject({
      code: 'nas_timeout',
      retryable: true,
    });
    await until(async () => (await peer.connections()) === 0, 5_000);
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });

  test('a call that is called off says so and leaves no session behind', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect();
    await box.call('read', cli`show first`);
    const stop = new AbortController();
    const call = box.callUntil(stop.signal, 'read', cli`show hang`);
    setTimeout(() => stop.abort(), 300);
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await until(async () => (await peer.connections()) === 0, 5_000);
  });

  test('more output than there may be ends in an error that names the limit, and the session is closed', async () => {
    const peer = await peers.ssh('ios');
    const box = peer.connect({ max_output: '64KB' });
    await expect(box.call('read', cli`show flood`)).rejects.toMatchObject({
      code: 'nas_protocol',
      details: { limit: 65_536 },
    });
    expect(await box.call('read', cli`show next`)).toBe('asked for next');
  });
});

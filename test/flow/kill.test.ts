// kill -9 in the middle of a stream of events, many times: what was answered 202 reaches the box, every lane in its order.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const kills = Number(process.env['OSSIA_KILLS'] ?? 20);
const streams = 4;
const accounts = 3;

test(`no accepted event is lost and no lane is out of order through ${kills} kills`, {
  timeout: 60_000 + kills * 5_000,
}, async () => {
  const seen = new Map<string, number[]>();
  const box = await startCoaBox((packet) => {
    const login = attributeText(packet, 1);
    seen.set(login, [...(seen.get(login) ?? []), Number(attributeText(packet, 11))]);
    // Now and then a request is lost on the way, so that lanes also wait for retransmissions when the daemon dies.
    return Math.random() > 0.03;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins', retry: { first: '50ms' } });
  onTestFinished(() => site.close());
  const coa = {
    host: '127.0.0.1',
    port: box.port,
    secret: box.secret,
    timeouts: { initial: '100ms', longest: '200ms', total: '1s' },
  };
  writeProbePlugin(join(site.directory, 'plugins'));
  site.profile('box', {
    plugin: 'probe',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa },
    limits: { concurrency: 64, deadline: '2s' },
  });

  const accepted = new Map<string, number[]>();
  const steps = Array.from({ length: streams }, () => 0);
  const sent = () => steps.reduce((sum, step) => sum + step, 0);
  /** Sends one event after the other until the daemon is gone; only what was answered counts as accepted. */
  const stream = async (daemon: DaemonProcess, number: number): Promise<void> => {
    for (;;) {
      const step = steps[number] ?? 0;
      const user = `${number}-${step % accounts}`;
      const account = { user_id: user, login: `логин${user}`, nas_ip: '10.0.0.1', step: String(step) };
      const event = { id: `stream-${number}-${step}`, hook: 'user_edit', account };
      const answer = await daemon.call('POST', '/v1/events', event).catch(() => undefined);
      // Not answered: it may have been taken or not, and is sent again under the same id when the daemon is back.
      if (answer === undefined) return;
      expect(answer.status).toBe(202);
      accepted.set(account.login, [...(accepted.get(account.login) ?? []), step]);
      steps[number] = step + 1;
    }
  };

  for (let kill = 0; kill < kills; kill++) {
    const daemon = await site.start();
    const before = sent();
    const streaming = steps.map((_, number) => stream(daemon, number));
    // At a random point of the stream, not at a random time: a slow machine must not kill only empty daemons.
    const target = before + 5 + Math.floor(Math.random() * 60);
    await until(() => sent() >= target, 30_000, 1);
    await daemon.signal('SIGKILL');
    await Promise.all(streaming);
  }
  const last = await site.start();
  await until(
    async () => {
      const waiting = await last.call('GET', '/v1/jobs?state=waiting&state=running&state=retrying&limit=1');
      return (waiting.body as { jobs: unknown[] }).jobs.length === 0;
    },
    60_000,
    100,
  );
  expect(await last.signal('SIGTERM')).toBe(0);

  expect(sent()).toBeGreaterThan(kills * 5);
  for (const [login, taken] of accepted) {
    const arrived = seen.get(login) ?? [];
    const firsts = [...new Set(arrived)];
    expect(firsts, `${login}: every accepted step arrived`).toEqual(expect.arrayContaining(taken));
    // A step may come again (retransmission, or the run that a kill cut off), but never after a later one.
    expect(arrived, `${login}: order`).toEqual([...arrived].sort((a, b) => a - b));
  }
});

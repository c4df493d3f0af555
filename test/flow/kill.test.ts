// kill -9 in the middle of a stream of events, many times: what was answered 202 reaches the box, every lane in its order.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const kills = Number(process.env['OSSIA_KILLS'] ?? 20);
const accounts = 12;

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
  let step = 0;
  /** Sends one event after the other until the daemon is gone; only what was answered counts as accepted. */
  const stream = async (daemon: DaemonProcess): Promise<void> => {
    for (;;) {
      const user = step % accounts;
      const event = {
        id: `step-${step}`,
        hook: 'user_edit',
        account: { user_id: `u${user}`, login: `логин${user}`, nas_ip: '10.0.0.1', step: String(step) },
      };
      const answer = await daemon.call('POST', '/v1/events', event).catch(() => undefined);
      if (answer === undefined) return;
      expect(answer.status).toBe(202);
      accepted.set(`логин${user}`, [...(accepted.get(`логин${user}`) ?? []), step]);
      step++;
    }
  };

  for (let kill = 0; kill < kills; kill++) {
    const daemon = await site.start();
    const before = step;
    const streaming = stream(daemon);
    // At a random point of the stream, not at a random time: a slow machine must not kill only empty daemons.
    const target = before + 5 + Math.floor(Math.random() * 60);
    await until(() => step >= target, 30_000, 1);
    await daemon.signal('SIGKILL');
    await streaming;
    // What was not answered may or may not have been taken: the sender sends it again, under the same id.
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

  expect(step).toBeGreaterThan(kills * 5);
  for (const [login, steps] of accepted) {
    const arrived = seen.get(login) ?? [];
    const firsts = [...new Set(arrived)];
    expect(firsts, `${login}: every accepted step arrived`).toEqual(expect.arrayContaining(steps));
    // A step may come again (retransmission, or the run that a kill cut off), but never after a later one.
    expect(arrived, `${login}: order`).toEqual([...arrived].sort((a, b) => a - b));
  }
});

// A box is dead while the billing changes its mind: what it should be told in the end is all that it is told, also over a kill.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const filterId = 11;

interface JobAnswer {
  readonly state: string;
  readonly attempt: number;
  readonly reason: string;
  readonly journal: readonly { readonly text: string }[];
}

test.each([
  ['goes on', false],
  ['is killed', true],
])(
  'a box that comes back is told the last word only, when the daemon %s',
  { timeout: 60_000 },
  async (_what, killed) => {
    let alive = false;
    const heard: string[] = [];
    const box = await startCoaBox((packet) => {
      if (alive) heard.push(attributeText(packet, filterId));
      return alive;
    });
    onTestFinished(() => box.close());
    const site = createSite({ plugins: 'plugins', retry: { first: '100ms' } });
    onTestFinished(() => site.close());
    writeProbePlugin(join(site.directory, 'plugins'));
    site.profile('box', {
      plugin: 'probe',
      match: { nas_ip: '10.0.0.1' },
      transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
      limits: { deadline: '300ms' },
    });
    let daemon = await site.start();
    const fire = async (...hooks: readonly string[]) => {
      const account = { user_id: '1', login: 'алиса', ip: '10.1.2.3', nas_ip: '10.0.0.1' };
      const answers = await daemon.fire(...hooks.map((hook) => ({ hook, account })));
      return (answers as { jobs: string[] }[]).map(({ jobs }) => jobs[0] ?? '');
    };
    const [drop = ''] = await fire('user_drop');
    await until(async () => (await look(daemon, drop)).attempt > 0);
    const [edit = '', accept = '', again = '', last = ''] = await fire(
      ...['user_edit', 'user_accept', 'user_drop', 'user_accept'],
    );
    const ended = await until(async () => {
      const job = await look(daemon, drop);
      return job.state === 'superseded' && job;
    });
    expect(ended.reason).toMatch(/^superseded by job \d+ \(user_/);
    expect(ended.journal.some(({ text }) => text.includes('which settles the same; it was'))).toBe(true);
    if (killed) {
      await daemon.signal('SIGKILL');
      alive = true;
      daemon = await site.start();
    }
    alive = true;
    await until(async () => (await look(daemon, last)).state === 'done');
    const states = await Promise.all([drop, edit, accept, again].map(async (id) => (await look(daemon, id)).state));
    expect(states).toEqual(['superseded', 'done', 'superseded', 'superseded']);
    // At least once each: a slow machine may hear one again.
    expect(heard.filter((text, index) => text !== heard[index - 1])).toEqual(['user_edit', 'user_accept']);
  },
);

async function look(daemon: DaemonProcess, id: string): Promise<JobAnswer> {
  return (await daemon.call('GET', `/v1/jobs/${id}`)).body as JobAnswer;
}

// Thousands of reloads of one plugin: the daemon and its sandbox workers stay as large as they were. OSSIA_RELOADS=3000 for the whole of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { childrenOf, residentMegabytes } from '#test/support/sandbox-workers.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const reloads = Number(process.env['OSSIA_RELOADS'] ?? 240);
const samples = 12;

test(`after ${reloads} reloads the daemon and its workers hold no more than at their beginning`, {
  timeout: 60_000 + reloads * 500,
}, async () => {
  let jobs = 0;
  const box = await startCoaBox((packet) => {
    if (attributeText(packet, 11) !== '') jobs++;
    return true;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins' });
  onTestFinished(() => site.close());
  writeProbePlugin(join(site.directory, 'plugins'));
  site.profile('box', {
    plugin: 'probe',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
  });
  const daemon = await site.start();
  const file = join(site.directory, 'plugins/probe/plugin.ts');
  const source = readFileSync(file, 'utf8');
  const hashes = new Set<string>();
  const daemonMb: number[] = [];
  const workersMb: number[] = [];
  let sent = 0;

  for (let reload = 1; reload <= reloads; reload++) {
    writeFileSync(file, `${source}export const reload${reload} = ${reload};\n`);
    const { body } = await daemon.call('POST', '/v1/plugins/reload', { nas: 'box' });
    const [profile] = (body as { profiles: { result: string; plugin: { hash: string } }[] }).profiles;
    expect(profile?.result).toBe('in force');
    hashes.add(profile?.plugin.hash ?? '');
    const account = { user_id: '1', login: 'алиса', nas_ip: '10.0.0.1', step: String(reload) };
    if (reload % 3 === 0) await daemon.fire({ hook: 'user_edit', account }).then(() => sent++);
    if (reload % Math.floor(reloads / samples) > 0) continue;
    daemonMb.push(residentMegabytes(daemon.pid));
    workersMb.push(childrenOf(daemon.pid).reduce((sum, pid) => sum + residentMegabytes(pid), 0));
  }

  await until(() => jobs === sent);
  expect(hashes.size).toBe(reloads);
  const text = (list: readonly number[]): string => list.map(Math.round).join(' ');
  process.stdout.write(`resident MB: daemon ${text(daemonMb)}; workers ${text(workersMb)}\n`);
  for (const [first, last] of [thirds(daemonMb), thirds(workersMb)]) expect(last).toBeLessThan(first * 1.2 + 30);
  const stats = String((await daemon.call('GET', '/metrics')).body);
  expect(Number(/^ossia_sandbox_guests (\d+)$/m.exec(stats)?.[1])).toBeLessThanOrEqual(2);
});

function thirds(values: readonly number[]): [first: number, last: number] {
  const third = Math.ceil(values.length / 3);
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  return [mean(values.slice(0, third)), mean(values.slice(-third))];
}

// What /metrics says after things happened, and that nobody can make it grow without end.
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createMetrics } from '#core/api/metrics.ts';
import { createTally } from '#core/api/tally.ts';

test('metrics show what the stages counted and what they watch', async () => {
  const metrics = createMetrics();
  metrics.eventTaken({ source: 'http', hook: 'user_drop', result: 'accepted' });
  metrics.eventTaken({ source: 'http', hook: 'user_drop', result: 'accepted' });
  metrics.jobEnded({ nas: 'bras-1', hook: 'user_drop', outcome: 'done', ms: 12 });
  metrics.accountingPacket('bad_authenticator');
  metrics.profileReloaded({ nas: 'bras-1', result: 'failed' });
  metrics.committed({ changes: 100, ms: 4 });
  metrics.watch({
    lanes: () => 5,
    gates: () => [['bras-1', { running: 1, waiting: 7, breaker: 'open', nextProbeAt: 1 }]],
    sandbox: () => ({
      workers: 2,
      guests: 9,
      workerRestarts: 1,
      recycled: 3,
      plugins: new Map([['acme', { runs: 4, calls: 8, runMs: 1500, cpuMs: 250, memoryBytes: 2e6 }]]),
    }),
    profiles: () => ({ live: 3, refused: 1 }),
  });

  const text = await metrics.page.text();

  for (const line of [
    'ossia_events_total{source="http",hook="user_drop",result="accepted"} 2',
    'ossia_job_runs_total{nas="bras-1",hook="user_drop",outcome="done"} 1',
    'ossia_job_run_seconds_bucket{le="0.025",nas="bras-1"} 1',
    'ossia_job_run_seconds_bucket{le="0.01",nas="bras-1"} 0',
    'ossia_accounting_packets_total{result="bad_authenticator"} 1',
    'ossia_profile_reloads_total{nas="bras-1",result="failed"} 1',
    'ossia_store_commit_changes_sum 100',
    'ossia_lanes_waiting 5',
    'ossia_nas_jobs{nas="bras-1",state="waiting"} 7',
    'ossia_nas_breaker{nas="bras-1",state="open"} 1',
    'ossia_nas_breaker{nas="bras-1",state="closed"} 0',
    'ossia_sandbox_worker_restarts 1',
    'ossia_sandbox_recycled 3',
    'ossia_plugin_runs_total{plugin="acme"} 4',
    'ossia_plugin_calls_total{plugin="acme"} 8',
    'ossia_plugin_run_seconds_total{plugin="acme"} 1.5',
    'ossia_plugin_cpu_seconds_total{plugin="acme"} 0.25',
    'ossia_plugin_memory_bytes{plugin="acme"} 2000000',
    'ossia_profiles{state="refused"} 1',
  ])
    expect(text).toContain(line);
  expect(text).toContain('process_resident_memory_bytes');
  // Read anew, not added to what was read before.
  expect(await metrics.page.text()).toContain('ossia_plugin_runs_total{plugin="acme"} 4\n');
});

test('a gauge forgets a NAS that is gone', async () => {
  const metrics = createMetrics();
  let gates: [string, { running: number; waiting: number; breaker: 'closed'; nextProbeAt: number }][] = [];
  metrics.watch({ gates: () => gates });
  gates = [['old-box', { running: 0, waiting: 0, breaker: 'closed', nextProbeAt: 0 }]];
  expect(await metrics.page.text()).toContain('old-box');
  gates = [];
  expect(await metrics.page.text()).not.toContain('old-box');
});

test('a tally keeps no more series than its limit and counts the rest under other', async () => {
  const registry = new Registry();
  const count = createTally({ registry, name: 'things_total', help: 'Things.', labels: ['name'], limit: 3 });
  for (let index = 0; index < 10; index++) count({ name: `n${index}` });
  count({ name: 'n0' }, 5);
  const text = await registry.metrics();
  expect(text).toContain('things_total{name="n0"} 6');
  expect(text).toContain('things_total{name="other"} 7');
  expect(text).not.toContain('n3');
});

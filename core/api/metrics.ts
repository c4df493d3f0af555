// Everything that /metrics says: counters that the stages call, gauges that are read when somebody scrapes.
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DriftReport } from '../accounts/resyncs.ts';
import type { ResyncRun } from '../model/resync.ts';
import type { SandboxStats } from '../sandbox/sandbox.ts';
import { breakerStates, type GateReport, type MetricsPage } from './deps.ts';
import { createTally } from './tally.ts';
import { watchSandbox } from './watch-sandbox.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Read at every scrape; each must be cheap and must not throw. */
export interface MetricSources {
  /** Lanes that have at least one job that has not ended. */
  readonly lanes?: () => number;
  readonly gates?: () => Iterable<readonly [nas: string, gate: GateReport]>;
  readonly sandbox?: () => SandboxStats;
  readonly profiles?: () => Readonly<Record<string, number>>;
  /** Those in quarantine. */
  readonly quarantines?: () => Iterable<{ readonly nas: string; readonly plugin: string }>;
  readonly drift?: () => DriftReport | null;
}

interface SyncCounts {
  readonly nas: string;
  readonly result: string;
  readonly closed: number;
  readonly adopted: number;
  readonly missing: number;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 30];
const mostNas = 5_000;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const tally = <Label extends string>(name: string, help: string, labels: readonly Label[]) =>
    createTally({ registry, name, help, labels });

  const events = tally('ossia_events_total', 'Events by how they were received.', ['source', 'hook', 'result']);
  const jobs = tally('ossia_job_runs_total', 'Runs of jobs by outcome.', ['nas', 'hook', 'outcome']);
  const packets = tally('ossia_accounting_packets_total', 'Accounting packets by what became of them.', ['result']);
  const reloads = tally('ossia_profile_reloads_total', 'Saved profiles by whether they went into force.', [
    'nas',
    'result',
  ]);

  const shadows = tally('ossia_shadow_total', 'Hooks that were compared with a plugin that only looks on.', [
    'nas',
    'hook',
    'result',
  ]);

  const runSeconds = new Histogram({
    name: 'ossia_job_run_seconds',
    help: 'How long runs of jobs took.',
    labelNames: ['nas'],
    buckets: seconds,
    registers,
  });
  const reboots = tally('ossia_nas_reboots_total', 'Accounting-On and Off that ended sessions.', ['nas']);
  const syncs = tally('ossia_session_syncs_total', 'Comparisons of our sessions with those that a box lists.', [
    'nas',
    'result',
  ]);
  const synced = tally('ossia_session_synced_total', 'Sessions that such comparisons closed, adopted or missed.', [
    'nas',
    'what',
  ]);
  const resyncs = tally(
    'ossia_resyncs_total',
    'Comparisons of a box with what its accounts should have, by their end.',
    ['nas', 'cause', 'result'],
  );
  const seenNas = new Set<string>();
  const commitSize = new Histogram({
    name: 'ossia_store_commit_changes',
    help: 'Changes written by one commit.',
    buckets: [1, 4, 16, 64, 256, 1_024, 4_096],
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'ossia_store_commit_seconds',
    help: 'How long one commit took, synced to disk.',
    buckets: seconds,
    registers,
  });

  return {
    eventTaken: (event: { source: string; hook: string; result: 'accepted' | 'duplicate' | 'rejected' }) =>
      events(event),
    jobEnded({ nas, hook, outcome, ms }: { nas: string; hook: string; outcome: string; ms: number }) {
      jobs({ nas, hook, outcome });
      if (seenNas.size < mostNas) seenNas.add(nas);
      runSeconds.observe({ nas: seenNas.has(nas) ? nas : 'other' }, ms / 1_000);
    },
    /** `result`: `start`, `stop`, ... when answered; why it was dropped when not (`bad_authenticator`, `unknown_client`, ...). */
    accountingPacket: (result: string) => packets({ result }),
    profileReloaded: (reload: { nas: string; result: 'ok' | 'failed' | 'taken back' }) => reloads(reload),
    shadowCompared: (run: { nas: string; hook: string; result: 'agree' | 'differ' | 'unclear' }) => shadows(run),
    boxRebooted: (box: { nas: string }) => reboots(box),
    sessionsSynced({ nas, result, closed, adopted, missing }: SyncCounts) {
      syncs({ nas, result });
      for (const [what, count] of Object.entries({ closed, adopted, missing }))
        if (count > 0) synced({ nas, what }, count);
    },
    /** Also called while it goes on in one state: only ends and questions are counted. */
    resyncChanged({ nas, cause, state, dryRun }: ResyncRun) {
      if (state === 'planning' || state === 'applying') return;
      resyncs({ nas, cause, result: dryRun && state === 'done' ? 'dry run' : state });
    },
    committed({ changes, ms }: { changes: number; ms: number }) {
      commitSize.observe(changes);
      commitSeconds.observe(ms / 1_000);
    },
    /** Once, when the stages are there. */
    watch: (sources: MetricSources) => watchSources(registry, sources),
    page: { contentType: registry.contentType, text: () => registry.metrics() } satisfies MetricsPage,
  };
}

type GaugeMaker = <Label extends string>(
  name: string,
  help: string,
  labelNames: Label[],
  read: (it: Gauge<Label>) => void,
) => void;

function watchSources(registry: Registry, sources: MetricSources): void {
  const { lanes, gates, sandbox, profiles, quarantines, drift } = sources;
  const gauge: GaugeMaker = (name, help, labelNames, read) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        read(this);
      },
    });

  if (lanes) gauge('ossia_lanes_waiting', 'Lanes with jobs that have not ended.', [], (it) => it.set(lanes()));
  if (profiles)
    gauge('ossia_profiles', 'Profiles in force, refused, and with a plugin in quarantine.', ['state'], (it) => {
      for (const [state, count] of Object.entries(profiles())) it.set({ state }, count);
    });
  if (quarantines)
    gauge('ossia_plugin_quarantined', 'Plugins in quarantine, whose jobs are parked.', ['nas', 'plugin'], (it) => {
      for (const labels of quarantines()) it.set(labels, 1);
    });
  if (sandbox) watchSandbox(registry, sandbox);
  if (drift) watchDrift(gauge, drift);
  if (!gates) return;
  gauge('ossia_nas_jobs', 'Jobs of a NAS that run or wait.', ['nas', 'state'], (it) => {
    for (const [nas, gate] of gates()) {
      it.set({ nas, state: 'running' }, gate.running);
      it.set({ nas, state: 'waiting' }, gate.waiting);
    }
  });
  gauge('ossia_nas_breaker', 'State of the breaker of a NAS: 1 for the one it is in.', ['nas', 'state'], (it) => {
    for (const [nas, gate] of gates())
      for (const state of breakerStates) it.set({ nas, state }, gate.breaker === state ? 1 : 0);
  });
}

/** As last counted; nothing before the first count. */
function watchDrift(gauge: GaugeMaker, drift: () => DriftReport | null): void {
  const boxes = () => drift()?.boxes ?? [];
  gauge(
    'ossia_drift_accounts',
    'Accounts that should have something else than was last made of them.',
    ['nas'],
    (it) => {
      for (const { nas, differing } of boxes()) it.set({ nas }, differing);
    },
  );
  gauge(
    'ossia_drift_unsupported',
    'Accounts that differ in nothing but what the plugin of their box has no hook for.',
    ['nas'],
    (it) => {
      for (const { nas, unsupported } of boxes()) it.set({ nas }, unsupported);
    },
  );
  gauge('ossia_drift_failed', 'Of these, those whose last job on it failed.', ['nas'], (it) => {
    for (const { nas, failed } of boxes()) it.set({ nas }, failed);
  });
  gauge(
    'ossia_resync_differing',
    'Accounts that the last comparison with the list of the box found differing.',
    ['nas'],
    (it) => {
      for (const { nas, lastResync } of boxes()) if (lastResync !== null) it.set({ nas }, lastResync.differing);
    },
  );
}

// The composition root: builds the stages in the order of the flow, and undoes them in reverse.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GateReport, HealthReport } from './api/deps.ts';
import { createMetrics } from './api/metrics.ts';
import { startApi } from './api/server.ts';
import type { Environment } from './config/secrets.ts';
import type { Settings } from './config/settings.ts';
import { buildAccounts } from './daemon-accounts.ts';
import { buildSessions } from './daemon-sessions.ts';
import { startDispatcher } from './dispatch/dispatcher.ts';
import { openPauses } from './dispatch/open-pauses.ts';
import { OssiaError, toOssiaError } from './errors.ts';
import { openIngest } from './ingest/open-ingest.ts';
import type { Log } from './log.ts';
import { describeCatalogue, loadCatalogue } from './map/catalogue.ts';
import { type NasRef, nasKeyOf } from './model/account.ts';
import { createTurns } from './model/turns.ts';
import { bundlePlugin } from './plugin-host/bundle.ts';
import { openKeptPlugins } from './plugin-host/kept-plugins.ts';
import { readManifest } from './plugin-host/manifest.ts';
import type { Nas } from './plugin-host/nas.ts';
import { openRegistry, type Registry } from './plugin-host/registry.ts';
import { openQueue } from './queue/open-queue.ts';
import { openSandbox } from './sandbox/open-sandbox.ts';
import { requireWalls } from './sandbox/walls.ts';
import { addonFile } from './sandbox/worker-code.ts';
import { workerLaunch } from './sandbox/worker-process.ts';
import { watchAccounts } from './store/account-changes.ts';
import { createKv } from './store/kv.ts';
import { createKvSurface } from './store/kv-surface.ts';
import { startRetention } from './store/retention.ts';
import { openStore } from './store/sqlite/open-store.ts';
import type { Pause } from './store/store.ts';
import { allTransports } from './transport/all.ts';
import { loadDictionary } from './transport/radius/dictionary.ts';
import { version } from './version.ts';

export interface Daemon {
  readonly ready: {
    /** Where HTTP listens: `http://127.0.0.1:8480`. */
    readonly http: string;
    readonly socket: string | null;
    /** The accounting listener's UDP port; null when it is switched off. */
    readonly accounting: number | null;
    /** The TCP port of accounting over TLS; null when there is none. */
    readonly radsec: number | null;
  };
  /** Resolves when it cannot go on and must be started anew; nothing that was acknowledged is lost. */
  readonly failed: Promise<OssiaError>;
  /** Reads every profile and plugin anew. */
  reload(): Promise<void>;
  /** Takes nothing new, lets what runs end within `limits.stop`, and leaves everything on disk. */
  stop(): Promise<void>;
}

/** What a check of the files needs, nothing of it started. */
export async function checkParts() {
  const [dictionary, hooks] = await Promise.all([loadDictionary(dictionaries), loadCatalogue(join(home, 'hooks'))]);
  return { transports: allTransports(dictionary), loader: { readManifest, bundlePlugin }, hooks };
}

const home = fileURLToPath(new URL('..', import.meta.url));
const dictionaries = join(home, 'nas-profiles', 'dictionaries');

interface DaemonParts {
  readonly log: Log;
  /** Where the profiles' `${env:...}` are found. */
  readonly env: Environment;
}

export async function startDaemon(settings: Settings, { log, env }: DaemonParts): Promise<Daemon> {
  const releasers: (() => Promise<void> | void)[] = [];
  const failure = Promise.withResolvers<OssiaError>();
  let phase: HealthReport['phase'] = 'starting';
  const stop = async (): Promise<void> => {
    phase = 'stopping';
    for (const release of releasers.splice(0).reverse()) {
      await Promise.resolve()
        .then(release)
        .catch((error) => log.error({ err: toOssiaError(error) }, 'part of the stop failed'));
    }
  };
  try {
    const started = await build(settings, { log, env, releasers, phase: () => phase, fail: failure.resolve });
    phase = 'running';
    return { ...started, failed: failure.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Building extends DaemonParts {
  readonly releasers: (() => Promise<void> | void)[];
  readonly phase: () => HealthReport['phase'];
  fail(error: OssiaError): void;
}

async function build(
  settings: Settings,
  { log, env, releasers, phase, fail }: Building,
): Promise<Omit<Daemon, 'stop' | 'failed'>> {
  const say = (level: 'info' | 'warn' | 'error', message: string): void => log[level](message);
  const metrics = createMetrics();
  const [catalogue, dictionary] = await Promise.all([loadCatalogue(join(home, 'hooks')), loadDictionary(dictionaries)]);

  const transports = allTransports(dictionary);

  const opened = await openStore({
    directory: settings.data,
    onCommit: ({ batches, ms }) => metrics.committed({ changes: batches, ms }),
    onTrouble: (what) => log.warn(what),
    onDeath: (why) => fail(new OssiaError('store_failed', why)),
  });
  const { store, onTold } = watchAccounts(opened);
  releasers.push(() => store.close());
  const retention = startRetention({ store, keep: settings.retention, clock: Date.now, log });
  releasers.push(() => retention.stop());

  const queue = await openQueue({
    store,
    hooks: catalogue,
    clock: Date.now,
    maxWaiting: settings.limits.queued,
    log: say,
  });
  releasers.push(() => queue.close());
  const pauses = await openPauses({ store, clock: Date.now });

  const walls = await requireWalls({
    mode: settings.sandbox.walls,
    worker: workerLaunch,
    addon: addonFile(),
    signal: AbortSignal.timeout(30_000),
  });
  for (const { name, up, detail } of walls.report)
    if (!up) log.warn({ wall: name }, `a wall around plugins is down: ${detail}`);
  const standing = walls.report.flatMap(({ name, up }) => (up ? [name] : [])).join(', ') || 'none';
  const sandbox = await openSandbox({
    behind: walls.behind,
    workers: settings.sandbox.workers,
    workerMemoryMb: Math.round(settings.sandbox.memory / 1024 ** 2),
    recycling: settings.sandbox.recycle,
    log: say,
  });
  releasers.push(() => sandbox.close());

  const kept = await openKeptPlugins({ dir: join(settings.data, 'plugins'), log });
  releasers.push(() => kept.close());
  const registry = await openRegistry({
    profilesDir: settings.profiles,
    pluginsDir: settings.plugins,
    loader: { readManifest, bundlePlugin },
    sandbox,
    kept,
    transports,
    hooks: catalogue,
    kv: createKv({ store, clock: Date.now }),
    log,
    env,
    onReload: metrics.profileReloaded,
    onShadow: metrics.shadowCompared,
  });
  releasers.push(() => registry.close());

  const dispatcher = startDispatcher({
    queue,
    directory: registry,
    pauses,
    retry: settings.retry,
    maxRunning: settings.limits.running,
    clock: Date.now,
    onRun: metrics.jobEnded,
    log: say,
  });
  releasers.push(() => dispatcher.stop(settings.limits.stop));

  const turns = createTurns();
  const { record } = store;
  const ingest = openIngest({ catalogue, queue, record, turns, clock: Date.now, onEvent: metrics.eventTaken });
  const { accounts, resyncs, drift } = await buildAccounts({
    log,
    releasers,
    store,
    queue,
    registry,
    catalogue,
    turns,
    transports,
    onEvent: metrics.eventTaken,
  });
  const { rebooted: onReboot } = resyncs;
  const around = { settings, log, releasers, metrics };
  const sessions = await buildSessions({ ...around, store, onTold, queue, registry, ingest, onReboot });

  const gateReport = (name: string): GateReport => {
    const status = dispatcher.gateOf(name);
    const nas = registry.get(name);
    const depth = nas === undefined ? 0 : refsOf(nas).reduce((sum, ref) => sum + queue.depth(nasKeyOf(ref)), 0);
    return { ...status, waiting: Math.max(0, depth - status.running) };
  };
  metrics.watch({
    lanes: queue.lanes,
    gates: () => registry.list().map(({ name }) => [name, gateReport(name)] as const),
    sandbox: () => sandbox.stats(),
    profiles: () => registry.counts(),
    quarantines: () =>
      registry
        .list()
        .flatMap(({ name, nas, quarantine }) => (nas && quarantine ? [{ nas: name, plugin: nas.plugin.name }] : [])),
    drift: drift.last,
  });
  resyncs.onChange(metrics.resyncChanged);
  const api = await startApi(
    {
      ...settings.http,
      socket: settings.socket,
      tokens: settings.tokens,
      limits: { bodyBytes: settings.limits.body, eventsPerSecond: settings.limits.events },
    },
    {
      ingest,
      store,
      directory: registry,
      control: queue,
      onJobChange: queue.onChange,
      gateOf: gateReport,
      usageOf: sandbox.usageOf,
      accounts,
      resyncs,
      drift,
      pauses,
      plugins: registry.plugins,
      shadows: registry.shadows,
      kv: createKvSurface({ store, clock: Date.now }),
      audit: async (entry) => void (await store.write([{ type: 'audit', entry }])),
      sessions: sessions.surface,
      foreign: sessions.routes,
      reconcile: sessions.reconcile,
      health: () => ({
        phase: phase(),
        checks: [
          {
            name: 'store',
            ok: store.trouble() === '',
            detail: store.trouble(),
          },
          {
            name: 'sandbox',
            ok: sandbox.stats().workers > 0,
            detail: `worker processes: ${sandbox.stats().workers}; walls up: ${standing}`,
          },
          {
            name: 'profiles',
            ok: true,
            detail: profilesText(registry.counts()),
          },
          { name: 'pauses', ok: true, detail: pausesText(pauses.list()) },
        ],
      }),
      hooks: describeCatalogue(catalogue),
      metrics: metrics.page,
      version: await version(),
      log,
    },
  );
  releasers.push(() => api.close());
  return {
    ready: {
      http: `http://${api.host}:${api.port}`,
      socket: api.socket,
      accounting: sessions.port,
      radsec: sessions.radsec?.port ?? null,
    },
    async reload() {
      await Promise.all([registry.reload(), sessions.radsec?.reload()]);
    },
  };
}

function profilesText({ live, refused, quarantined }: ReturnType<Registry['counts']>): string {
  return `${live} in force, ${refused} refused${quarantined === 0 ? '' : `, ${quarantined} in quarantine`}`;
}

/** Anyone who can connect reads this: who paused it and why is for those with a token. */
function pausesText(list: readonly Pause[]): string {
  return list.length === 0 ? 'nothing is paused' : `paused: ${list.map(({ scope }) => scope).join(', ')}`;
}

function refsOf({ profile }: Nas): NasRef[] {
  return [...profile.match.nas_ip.map((nas_ip) => ({ nas_ip })), ...profile.match.nas_id.map((nas_id) => ({ nas_id }))];
}

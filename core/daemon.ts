// The composition root: builds the stages in the order of the flow, and undoes them in reverse.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GateReport, HealthReport, SessionDependencies } from './api/deps.ts';
import { createMetrics } from './api/metrics.ts';
import type { Route } from './api/route.ts';
import { startApi } from './api/server.ts';
import { cgratesRoutes } from './cgrates/endpoint.ts';
import { syncAllOf } from './cgrates/sync-all.ts';
import type { Settings } from './config/settings.ts';
import { startDispatcher } from './dispatch/dispatcher.ts';
import { OssiaError, toOssiaError } from './errors.ts';
import { startAccountingListener } from './ingest/accounting-listener.ts';
import { openIngest } from './ingest/open-ingest.ts';
import { openRadsec } from './ingest/open-radsec.ts';
import { interstellioRoutes } from './interstellio/routes.ts';
import type { Log } from './log.ts';
import { describeCatalogue, loadCatalogue } from './map/catalogue.ts';
import { type NasRef, nasKeyOf, nasRefOf } from './model/account.ts';
import { bundlePlugin } from './plugin-host/bundle.ts';
import { readManifest } from './plugin-host/manifest.ts';
import type { Nas } from './plugin-host/nas.ts';
import { openRegistry } from './plugin-host/registry.ts';
import { openQueue } from './queue/open-queue.ts';
import { openSandbox } from './sandbox/open-sandbox.ts';
import { createSessionActions } from './sessions/actions.ts';
import { systemTimeZone } from './sessions/analysis-days.ts';
import { createReconciler, type Reconciler } from './sessions/reconcile.ts';
import { scheduleReconcile } from './sessions/reconcile-schedule.ts';
import { createSessions, type SessionSettings } from './sessions/sessions.ts';
import { watchAccounts } from './store/account-changes.ts';
import { openStore } from './store/sqlite/open-store.ts';
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
  const dictionary = await loadDictionary(dictionaries);
  return { transports: allTransports(dictionary), loader: { readManifest, bundlePlugin } };
}

const home = fileURLToPath(new URL('..', import.meta.url));
const dictionaries = join(home, 'nas-profiles', 'dictionaries');

export async function startDaemon(settings: Settings, { log }: { readonly log: Log }): Promise<Daemon> {
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
    const started = await build(settings, { log, releasers, phase: () => phase, fail: failure.resolve });
    phase = 'running';
    return { ...started, failed: failure.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Building {
  readonly log: Log;
  readonly releasers: (() => Promise<void> | void)[];
  readonly phase: () => HealthReport['phase'];
  fail(error: OssiaError): void;
}

async function build(
  settings: Settings,
  { log, releasers, phase, fail }: Building,
): Promise<Omit<Daemon, 'stop' | 'failed'>> {
  const say = (level: 'info' | 'warn' | 'error', message: string): void => log[level](message);
  const metrics = createMetrics();
  const [catalogue, dictionary] = await Promise.all([loadCatalogue(join(home, 'hooks')), loadDictionary(dictionaries)]);

  const opened = await openStore({
    directory: settings.data,
    onCommit: ({ batches, ms }) => metrics.committed({ changes: batches, ms }),
    onDeath: (why) => fail(new OssiaError('store_failed', why)),
  });
  const { store, onTold } = watchAccounts(opened);
  releasers.push(() => store.close());

  const queue = await openQueue({ store, clock: Date.now, maxWaiting: settings.limits.queued, log: say });
  releasers.push(() => queue.close());

  const sandbox = await openSandbox({
    workers: settings.sandbox.workers,
    workerMemoryMb: Math.round(settings.sandbox.memory / 1024 ** 2),
    log: say,
  });
  releasers.push(() => sandbox.close());

  const registry = await openRegistry({
    profilesDir: settings.profiles,
    pluginsDir: settings.plugins,
    loader: { readManifest, bundlePlugin },
    sandbox,
    transports: allTransports(dictionary),
    hooks: catalogue,
    log,
    env: process.env,
    onReload: metrics.profileReloaded,
  });
  releasers.push(() => registry.close());

  const dispatcher = startDispatcher({
    queue,
    directory: registry,
    retry: settings.retry,
    maxRunning: settings.limits.running,
    clock: Date.now,
    onRun: metrics.jobEnded,
    log: say,
  });
  releasers.push(() => dispatcher.stop(settings.limits.stop));

  const ingest = openIngest({ catalogue, queue, onEvent: metrics.eventTaken });
  let accountingPort: number | null = null;
  let reconcile: Reconciler | null = null;
  let surface: SessionDependencies | null = null;
  const foreign: Route[] = [];
  if (settings.accounting.enabled) {
    const sessions = await createSessions({
      store,
      ingest,
      directory: {
        firing: (nas) => firingOf(registry.get(nas)),
        nasOf: (account) => registry.find(nasRefOf(account))?.name,
        sessionTtl: (nas) => registry.get(nas)?.profile.sessionTtlMs,
      },
      settings: sessionSettingsOf(settings),
      onReboot(nas) {
        log.info({ nas }, 'the box has begun anew; its sessions are ended');
        metrics.boxRebooted({ nas });
      },
      log,
    });
    releasers.push(() => sessions.close());
    onTold(sessions.follow);
    const { host, port } = settings.accounting;
    const listener = await startAccountingListener({
      host,
      port,
      clients: registry.radiusClient,
      sink: sessions.sink,
      log,
      count: metrics.accountingPacket,
    }).catch((cause) => {
      throw new OssiaError(
        'config_invalid',
        `Cannot listen for accounting on UDP ${host}:${port}: ${whyNot[cause.code] ?? cause.message}; set another accounting.host or accounting.port, or accounting.enabled: false.`,
        { cause },
      );
    });
    accountingPort = listener.port;
    releasers.push(() => listener.close());
    if (settings.accounting.radsec !== undefined) {
      const radsec = await openRadsec({
        settings: settings.accounting.radsec,
        profiles: () => registry.list().flatMap(({ nas }) => nas?.profile ?? []),
        sink: sessions.sink,
        log,
        count: metrics.accountingPacket,
      });
      releasers.push(() => radsec.close());
    }
    reconcile = createReconciler({ boxes: registry, book: sessions.book, log, onReport: metrics.sessionsSynced });
    const schedule = scheduleReconcile({ boxes: registry, reconciler: reconcile });
    releasers.push(() => schedule.stop());
    const { book, sink, ttlOf } = sessions;
    const actions = createSessionActions({
      book,
      ingest,
      store,
      onJobChange: queue.onChange,
      skip: queue.skip,
      attempts: Math.max(1, settings.sessions.terminate_attempts),
      matchOf: (nas) => registry.get(nas)?.profile.match,
      warn: (message) => log.warn(message),
    });
    releasers.push(() => actions.close());
    const timezone = settings.sessions.timezone ?? systemTimeZone();
    surface = { book, actions, ttlOf, timezone };
    const { compat } = settings;
    if (compat.interstellio) foreign.push(...interstellioRoutes({ book, actions, store, timezone }));
    if (compat.cgrates) {
      const { sync } = reconcile;
      const syncAll = syncAllOf({ boxes: registry, sync });
      const nasOf = (nas_ip: string) => registry.find({ nas_ip })?.name;
      foreign.push(...cgratesRoutes({ book, actions, sink, nasOf, syncAll, log }));
    }
  }

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
  });
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
      sessions: surface,
      foreign,
      reconcile,
      health: () => ({
        phase: phase(),
        checks: [
          {
            name: 'store',
            ok: store.healthy(),
            detail: store.healthy() ? '' : 'the last write failed; nothing is acknowledged until one succeeds',
          },
          { name: 'sandbox', ok: sandbox.stats().workers > 0, detail: `worker processes: ${sandbox.stats().workers}` },
          {
            name: 'profiles',
            ok: true,
            detail: `${registry.counts().live} in force, ${registry.counts().refused} refused`,
          },
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
    ready: { http: `http://${api.host}:${api.port}`, socket: api.socket, accounting: accountingPort },
    reload: () => registry.reload(),
  };
}

function sessionSettingsOf({ sessions }: Settings): SessionSettings {
  return {
    sessionTtl: sessions.session_ttl,
    sessionTtlMaxDelay: sessions.session_ttl_max_delay,
    sessionIndexes: sessions.session_indexes,
    alterableFields: sessions.alterable_fields,
    planVariable: sessions.plan_variable,
    replaceOnSamePort: sessions.replace_on_same_port,
  };
}

const whyNot: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else is listening there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

function firingOf(nas: Nas | undefined): { onStart: boolean; onStop: boolean } {
  return { onStart: nas?.profile.fireAuthOnStart ?? true, onStop: nas?.profile.fireDisconnectOnStop ?? true };
}

function refsOf({ profile }: Nas): NasRef[] {
  return [...profile.match.nas_ip.map((nas_ip) => ({ nas_ip })), ...profile.match.nas_id.map((nas_id) => ({ nas_id }))];
}

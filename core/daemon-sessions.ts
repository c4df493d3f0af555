// The sessions' part of the composition: accounting comes in, sessions are kept, compared with their boxes and acted on.
import type { SessionDependencies } from './api/deps.ts';
import type { Metrics } from './api/metrics.ts';
import type { Route } from './api/route.ts';
import { cgratesRoutes } from './cgrates/endpoint.ts';
import { syncAllOf } from './cgrates/sync-all.ts';
import type { Settings } from './config/settings.ts';
import { OssiaError } from './errors.ts';
import { startAccountingListener } from './ingest/accounting-listener.ts';
import { attributing } from './ingest/box-of-record.ts';
import type { Ingest } from './ingest/ingest.ts';
import { openRadsec, type Radsec } from './ingest/open-radsec.ts';
import { interstellioRoutes } from './interstellio/routes.ts';
import type { Log } from './log.ts';
import { nasRefOf } from './model/account.ts';
import type { Nas } from './plugin-host/nas.ts';
import type { Registry } from './plugin-host/registry.ts';
import type { Queue } from './queue/queue.ts';
import { createSessionActions } from './sessions/actions.ts';
import { systemTimeZone } from './sessions/analysis-days.ts';
import { createReconciler, type Reconciler } from './sessions/reconcile.ts';
import { scheduleReconcile } from './sessions/reconcile-schedule.ts';
import { createSessions, type SessionSettings } from './sessions/sessions.ts';
import type { WatchedAccounts } from './store/account-changes.ts';
import type { Store } from './store/store.ts';

interface SessionsBuilding {
  readonly settings: Settings;
  readonly log: Log;
  readonly releasers: (() => Promise<void> | void)[];
  readonly store: Store;
  readonly onTold: WatchedAccounts['onTold'];
  readonly queue: Queue;
  readonly registry: Registry;
  readonly ingest: Ingest;
  readonly metrics: Metrics;
  /** Accounting-On or -Off came from this box. */
  onReboot(nas: string): void;
}

interface BuiltSessions {
  /** The accounting listener's UDP port; null when it is switched off, like the rest. */
  readonly port: number | null;
  /** Accounting over TLS; null when the settings have none. */
  readonly radsec: Pick<Radsec, 'port' | 'reload'> | null;
  readonly surface: SessionDependencies | null;
  readonly reconcile: Reconciler | null;
  /** Of other people's APIs. */
  readonly routes: readonly Route[];
}

export async function buildSessions(building: SessionsBuilding): Promise<BuiltSessions> {
  const { settings, log, releasers, store, onTold, queue, registry, ingest, metrics, onReboot } = building;
  if (!settings.accounting.enabled) return { port: null, radsec: null, surface: null, reconcile: null, routes: [] };
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
      onReboot(nas);
    },
    log,
  });
  releasers.push(() => sessions.close());
  onTold(sessions.follow);
  const sink = attributing(sessions.sink, {
    speaksForOthers: (nas) => registry.get(nas)?.profile.radius?.isProxy === true,
    boxNamed: registry.boxNamed,
  });
  const { host, port } = settings.accounting;
  const listener = await startAccountingListener({
    host,
    port,
    clients: registry.radiusClient,
    sink,
    log,
    count: metrics.accountingPacket,
  }).catch((cause) => {
    throw new OssiaError(
      'config_invalid',
      `Cannot listen for accounting on UDP ${host}:${port}: ${whyNot[cause.code] ?? cause.message}; set another accounting.host or accounting.port, or accounting.enabled: false.`,
      { cause },
    );
  });
  releasers.push(() => listener.close());
  let radsec: Radsec | null = null;
  if (settings.accounting.radsec !== undefined) {
    const opened = await openRadsec({
      settings: settings.accounting.radsec,
      profiles: () => registry.list().flatMap(({ nas }) => nas?.profile ?? []),
      sink,
      log,
      count: metrics.accountingPacket,
    });
    releasers.push(() => opened.close());
    radsec = opened;
  }
  const reconcile = createReconciler({ boxes: registry, book: sessions.book, log, onReport: metrics.sessionsSynced });
  const schedule = scheduleReconcile({ boxes: registry, reconciler: reconcile });
  releasers.push(() => schedule.stop());
  const { book, ttlOf } = sessions;
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
  const { compat } = settings;
  const routes: Route[] = [];
  if (compat.interstellio !== false) {
    const domain = compat.interstellio === true ? '' : compat.interstellio.domain;
    routes.push(...interstellioRoutes({ book, actions, store, timezone, domain }));
  }
  if (compat.cgrates !== false) {
    const tenant = compat.cgrates === true ? '' : compat.cgrates.tenant;
    const { sync } = reconcile;
    const syncAll = syncAllOf({ boxes: registry, sync });
    const nasOf = (nas_ip: string) => registry.find({ nas_ip })?.name;
    routes.push(...cgratesRoutes({ book, actions, sink, nasOf, syncAll, tenant, log }));
  }
  return { port: listener.port, radsec, surface: { book, actions, ttlOf, timezone }, reconcile, routes };
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

// What the surfaces need from the rest of the daemon, as one list of interfaces; daemon.ts picks what is behind them.
import type { Logger } from 'pino';
import type { Accounts } from '../accounts/accounts.ts';
import type { Drift, Resyncs } from '../accounts/resyncs.ts';
import type { Pauses } from '../dispatch/pauses.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { HookDescription } from '../map/catalogue.ts';
import type { Job } from '../model/job.ts';
import type { Session } from '../model/session.ts';
import type { NasDirectory } from '../plugin-host/nas.ts';
import type { PluginControl } from '../plugin-host/plugin-control.ts';
import type { ShadowReport } from '../plugin-host/shadow-book.ts';
import type { Queue } from '../queue/queue.ts';
import type { SandboxUsage } from '../sandbox/sandbox.ts';
import type { SessionActions } from '../sessions/actions.ts';
import type { SessionBook } from '../sessions/book.ts';
import type { Reconciler } from '../sessions/reconcile.ts';
import type { KvSurface } from '../store/kv-surface.ts';
import type { AuditEntry, Store } from '../store/store.ts';
import type { ApiToken } from './access.ts';
import type { Route } from './route.ts';

export interface ApiDependencies {
  readonly ingest: Ingest;
  readonly store: Pick<Store, 'jobs' | 'job' | 'journal' | 'account' | 'audit'>;
  readonly directory: NasDirectory;
  readonly plugins: PluginControl;
  /** What the plugins that only look on have seen. */
  readonly shadows: () => Promise<readonly ShadowReport[]>;
  readonly control: JobControl;
  readonly accounts: Accounts;
  readonly resyncs: Resyncs;
  readonly drift: Drift;
  readonly pauses: Pauses;
  /** What plugins keep for themselves. */
  readonly kv: KvSurface;
  /** Resolves when it is on disk. */
  readonly audit: (entry: AuditEntry) => Promise<void>;
  /** Called after each change of a job's state. Returns the unsubscriber. Must not be slow: the API only queues the line. */
  readonly onJobChange: (listener: (job: Job) => void) => () => void;
  /** How dispatch stands with this profile. */
  readonly gateOf: (nasName: string) => GateReport;
  /** What its plugin used of this machine; null when none is loaded. */
  readonly usageOf: (nasName: string) => SandboxUsage | null;
  /** Null when accounting is switched off. */
  readonly sessions: SessionDependencies | null;
  /** Null when accounting is switched off. */
  readonly reconcile: Pick<Reconciler, 'sync'> | null;
  /** Routes of other people's APIs, not in the document of ours. */
  readonly foreign?: readonly Route[];
  readonly health: () => HealthReport;
  readonly hooks: readonly HookDescription[];
  readonly metrics: MetricsPage;
  readonly version: string;
  readonly log: Logger;
}

export interface SessionDependencies {
  readonly book: Pick<SessionBook, 'get' | 'find' | 'count' | 'history' | 'fields' | 'onChange'>;
  readonly actions: Pick<SessionActions, 'disconnect' | 'alter' | 'draftOf'>;
  /** Milliseconds after its last update from which a live session may be gone; Infinity: never. */
  readonly ttlOf: (session: Session) => number;
  /** IANA name, for who asks without one. */
  readonly timezone: string;
}

/** An operator's hand on jobs. */
export type JobControl = Pick<Queue, 'retry' | 'skip' | 'bulk' | 'holderOf'>;

export interface GateReport {
  readonly running: number;
  readonly waiting: number;
  readonly breaker: BreakerState;
  /** Milliseconds since 1970; 0 unless the breaker is open. */
  readonly nextProbeAt: number;
}

export const breakerStates = ['closed', 'open', 'half-open'] as const;
export type BreakerState = (typeof breakerStates)[number];

export interface HealthReport {
  readonly phase: 'starting' | 'running' | 'stopping';
  /** `store`, `sandbox`, `profiles`, ...: every one must be ok for the daemon to be ready. */
  readonly checks: readonly HealthCheck[];
}

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** Why it is not ok; may say something when it is. */
  readonly detail: string;
}

export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Where to listen, and for whom. */
export interface ApiListen {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Path of the unix socket; null = none. */
  readonly socket: string | null;
  readonly tokens: readonly ApiToken[];
}
